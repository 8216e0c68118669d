package syntax

/*
#include <stddef.h>

// The binding has the C library call back into Go for each piece of memory,
// which is a third of the time a parse takes. Weak, because it is defined in
// another package's C code, which is linked later.
extern void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t),
	void *(*)(void *, size_t), void (*)(void *)) __attribute__((weak));

static void use_malloc(void) {
	if (ts_set_allocator)
		ts_set_allocator(NULL, NULL, NULL, NULL);
}
*/
import "C"

import "sync"

// useMalloc gives the C library its own allocator back. It has to be called
// before anything is parsed.
var useMalloc = sync.OnceFunc(func() { C.use_malloc() })
