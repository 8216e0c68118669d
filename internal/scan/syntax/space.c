#include "space.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// A parse allocates a piece for each node and frees nearly all of them at its end. With
// the C library's malloc that is a fifth of a parse's time. Here a piece is the next
// bytes of a chunk, or one of its size that was freed, and all go at once.

enum {
	CHUNK = 1 << 20,
	KEPT = 8, // chunks for the next parse: the tree of a long file, of 100 kB
	STEP = 16,
	SIZES = 64, // of small pieces, one a step; behind them the powers of two
};

typedef struct piece {
	size_t size; // with this header
	struct piece *next; // among those that were freed; a piece's bytes begin here
} piece;

enum { HEADER = offsetof(piece, next) };

typedef struct chunk {
	struct chunk *next;
	size_t size;
} chunk;

struct space {
	chunk *chunks; // in use, the newest first
	chunk *kept;
	int many; // of those kept
	char *at, *end;
	piece *freed[SIZES + 64];
};

static _Thread_local space *current;

static void open_chunk(space *s, size_t least) {
	size_t size = sizeof(chunk) + STEP + least;
	chunk *c = s->kept;
	if (size <= CHUNK && c) {
		s->kept = c->next;
		s->many--;
	} else {
		size = size > CHUNK ? size : CHUNK;
		c = malloc(size);
		if (!c)
			abort(); // as the library does
		c->size = size;
	}
	c->next = s->chunks;
	s->chunks = c;
	// Pieces begin behind their header, where the C library's would.
	s->at = (char *)c + sizeof *c + STEP - HEADER;
	s->end = (char *)c + c->size;
}

static void free_chunks(chunk *c) {
	while (c) {
		chunk *next = c->next;
		free(c);
		c = next;
	}
}

space *space_new(void) {
	space *s = calloc(1, sizeof *s);
	if (!s)
		abort();
	return s;
}

void space_delete(space *s) {
	free_chunks(s->kept);
	free(s);
}

void space_enter(space *s) { current = s; }

void space_leave(space *s) {
	current = NULL;
	chunk *c = s->chunks, *gone = NULL;
	while (c) {
		chunk *next = c->next;
		bool keep = c->size == CHUNK && s->many < KEPT;
		s->many += keep;
		c->next = keep ? s->kept : gone;
		*(keep ? &s->kept : &gone) = c;
		c = next;
	}
	free_chunks(gone);
	s->chunks = NULL;
	s->at = s->end = NULL;
	memset(s->freed, 0, sizeof s->freed);
}

// place is where pieces of a size are kept when they are freed. Large ones get the
// next power of two, so that others can have them.
static unsigned place(size_t *size) {
	*size = (*size + HEADER + STEP - 1) & ~(size_t)(STEP - 1);
	if (*size < SIZES * STEP)
		return *size / STEP;
	unsigned power = 64 - __builtin_clzll(*size - 1);
	*size = (size_t)1 << power;
	return SIZES + power;
}

void *space_malloc(size_t size) {
	space *s = current;
	if (!s)
		return malloc(size);
	unsigned at = place(&size);
	piece *p = s->freed[at];
	if (p) {
		s->freed[at] = p->next;
		return &p->next;
	}
	if ((size_t)(s->end - s->at) < size)
		open_chunk(s, size);
	p = (piece *)s->at;
	s->at += size;
	p->size = size;
	return &p->next;
}

void *space_calloc(size_t count, size_t size) {
	if (!current)
		return calloc(count, size);
	return memset(space_malloc(count * size), 0, count * size);
}

static piece *piece_of(void *bytes) { return (piece *)((char *)bytes - HEADER); }

void space_free(void *bytes) {
	space *s = current;
	if (!s || !bytes) {
		free(bytes);
		return;
	}
	piece *p = piece_of(bytes);
	size_t size = p->size - HEADER;
	unsigned at = place(&size);
	p->next = s->freed[at];
	s->freed[at] = p;
}

void *space_realloc(void *bytes, size_t size) {
	if (!current)
		return realloc(bytes, size);
	if (!bytes)
		return space_malloc(size);
	size_t had = piece_of(bytes)->size - HEADER;
	if (size <= had)
		return bytes;
	void *grown = memcpy(space_malloc(size), bytes, had);
	space_free(bytes);
	return grown;
}
