#include <stdint.h>

#include "space.h"

// A flat_node is a node of a tree, in the order in which a tree is written. parent is
// the place of the one it stands in; the first has none.
typedef struct {
	uint32_t start, end, row, parent;
	uint16_t symbol, field;
} flat_node;

enum { FLAT_OK, FLAT_NO_LANGUAGE, FLAT_NO_TREE, FLAT_TOO_DEEP, FLAT_NO_MEMORY };

typedef struct {
	flat_node *nodes;
	uint32_t count;
	int broken; // the grammar did not understand all of it
} flat_tree;

// flat_init has the library allocate in spaces, before the first flatten.
void flat_init(void);

// flatten parses a text into a tree whose nodes the caller frees.
int flatten(space *in, const void *language, const char *text, uint32_t length, uint32_t max_depth, flat_tree *to);

uint32_t flat_symbols(const void *language);
const char *flat_symbol(const void *language, uint16_t symbol);
uint32_t flat_fields(const void *language);
const char *flat_field(const void *language, uint16_t field);
