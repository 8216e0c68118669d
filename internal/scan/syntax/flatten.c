#include "flatten.h"

#include <stdbool.h>
#include <stdlib.h>

// What is used of tree_sitter/api.h, which stands in another module's folder, where
// no compiler looks: TestSameTree asks the binding for the same trees. Weak, because
// it is defined in another package's C code, which is linked later.
typedef struct {
	uint32_t context[4];
	const void *id, *tree;
} TSNode;
typedef struct {
	const void *tree, *id;
	uint32_t context[3];
} TSTreeCursor;
typedef struct {
	uint32_t row, column;
} TSPoint;

#define WEAK __attribute__((weak))
extern void ts_set_allocator(void *(*)(size_t), void *(*)(size_t, size_t), void *(*)(void *, size_t), void (*)(void *)) WEAK;
extern void *ts_parser_new(void) WEAK;
extern void ts_parser_delete(void *) WEAK;
extern bool ts_parser_set_language(void *, const void *) WEAK;
extern void *ts_parser_parse_string(void *, const void *, const char *, uint32_t) WEAK;
extern void ts_tree_delete(void *) WEAK;
extern TSNode ts_tree_root_node(const void *) WEAK;
extern bool ts_node_has_error(TSNode) WEAK;
extern bool ts_node_is_named(TSNode) WEAK;
extern uint16_t ts_node_symbol(TSNode) WEAK;
extern uint32_t ts_node_start_byte(TSNode) WEAK;
extern uint32_t ts_node_end_byte(TSNode) WEAK;
extern TSPoint ts_node_start_point(TSNode) WEAK;
extern TSTreeCursor ts_tree_cursor_new(TSNode) WEAK;
extern void ts_tree_cursor_delete(TSTreeCursor *) WEAK;
extern TSNode ts_tree_cursor_current_node(const TSTreeCursor *) WEAK;
extern uint16_t ts_tree_cursor_current_field_id(const TSTreeCursor *) WEAK;
extern bool ts_tree_cursor_goto_first_child(TSTreeCursor *) WEAK;
extern bool ts_tree_cursor_goto_next_sibling(TSTreeCursor *) WEAK;
extern bool ts_tree_cursor_goto_parent(TSTreeCursor *) WEAK;
extern uint32_t ts_language_symbol_count(const void *) WEAK;
extern const char *ts_language_symbol_name(const void *, uint16_t) WEAK;
extern uint32_t ts_language_field_count(const void *) WEAK;
extern const char *ts_language_field_name_for_id(const void *, uint16_t) WEAK;

static int add(flat_tree *to, uint32_t *room, TSNode node, uint16_t field, uint32_t parent) {
	if (to->count == *room) {
		uint32_t more = *room ? *room * 2 : 1024;
		flat_node *grown = realloc(to->nodes, more * sizeof *grown);
		if (!grown)
			return FLAT_NO_MEMORY;
		to->nodes = grown;
		*room = more;
	}
	to->nodes[to->count++] = (flat_node){ts_node_start_byte(node), ts_node_end_byte(node), ts_node_start_point(node).row, parent, ts_node_symbol(node), field};
	return FLAT_OK;
}

// walk adds all nodes that are named or stand in a field, and nothing below others.
static int walk(TSTreeCursor *cursor, uint32_t max_depth, flat_tree *to) {
	uint32_t room = 0, depth = 0, parent = 0;
	int status = add(to, &room, ts_tree_cursor_current_node(cursor), 0, 0);
	bool into = true; // the node that the cursor stands at was added
	while (status == FLAT_OK) {
		if (into && ts_tree_cursor_goto_first_child(cursor)) {
			if (++depth > max_depth)
				return FLAT_TOO_DEEP;
			parent = to->count - 1;
		} else {
			while (!ts_tree_cursor_goto_next_sibling(cursor)) {
				if (depth-- == 0 || !ts_tree_cursor_goto_parent(cursor))
					return FLAT_OK;
				parent = to->nodes[parent].parent;
			}
		}
		TSNode node = ts_tree_cursor_current_node(cursor);
		uint16_t field = ts_tree_cursor_current_field_id(cursor);
		into = field != 0 || ts_node_is_named(node);
		if (into)
			status = add(to, &room, node, field, parent);
	}
	return status;
}

static int parse(const void *language, const char *text, uint32_t length, uint32_t max_depth, flat_tree *to) {
	void *parser = ts_parser_new();
	if (!ts_parser_set_language(parser, language)) {
		ts_parser_delete(parser);
		return FLAT_NO_LANGUAGE;
	}
	void *tree = ts_parser_parse_string(parser, NULL, text, length);
	ts_parser_delete(parser); // grammars' scanners have memory of the C library
	if (!tree)
		return FLAT_NO_TREE;
	TSNode root = ts_tree_root_node(tree);
	to->broken = ts_node_has_error(root);
	TSTreeCursor cursor = ts_tree_cursor_new(root);
	// The tree goes with the space.
	return walk(&cursor, max_depth, to);
}

// The binding has the library call back into Go for each piece of memory, which would
// be a third of the time a parse takes.
void flat_init(void) { ts_set_allocator(space_malloc, space_calloc, space_realloc, space_free); }

int flatten(space *in, const void *language, const char *text, uint32_t length, uint32_t max_depth, flat_tree *to) {
	space_enter(in);
	int status = parse(language, text, length, max_depth, to);
	space_leave(in);
	return status;
}

uint32_t flat_symbols(const void *language) { return ts_language_symbol_count(language); }
const char *flat_symbol(const void *language, uint16_t symbol) { return ts_language_symbol_name(language, symbol); }
uint32_t flat_fields(const void *language) { return ts_language_field_count(language); }
const char *flat_field(const void *language, uint16_t field) { return ts_language_field_name_for_id(language, field); }
