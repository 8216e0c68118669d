#include <stddef.h>

// A space is the memory that one parse after another works in. Two parses at once
// need two.
typedef struct space space;

space *space_new(void);
void space_delete(space *);

// space_enter has this thread's parse allocate there until space_leave, which forgets
// all that was allocated.
void space_enter(space *);
void space_leave(space *);

// What tree-sitter calls for memory. Outside of a space it is that of the C library.
void *space_malloc(size_t);
void *space_calloc(size_t, size_t);
void *space_realloc(void *, size_t);
void space_free(void *);
