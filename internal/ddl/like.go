package ddl

import pg "github.com/pganalyze/pg_query_go/v6"

// A Likeness is what LIKE in a CREATE TABLE copies of a table, besides its columns and
// their NOT NULL. A foreign key it never does.
type Likeness struct {
	Of Name
	// Indexes: constraints that have one are meant, too.
	Checks, Defaults, Indexes bool
}

// The bits of TableLikeOption (src/include/nodes/parsenodes.h).
const (
	likeChecks   = 1 << 2
	likeDefaults = 1 << 3
	likeIndexes  = 1 << 6
)

// LikenessesOf lists those of one CREATE TABLE; none of another text.
func LikenessesOf(sql string) (all []Likeness) {
	if checkText(sql) != nil {
		return nil
	}
	tree, err := pg.Parse(sql)
	if err != nil || len(tree.GetStmts()) != 1 {
		return nil
	}
	for _, n := range tree.GetStmts()[0].GetStmt().GetCreateStmt().GetTableElts() {
		if like := n.GetTableLikeClause(); like != nil {
			bits := like.GetOptions()
			all = append(all, Likeness{rangeName(like.GetRelation()), bits&likeChecks != 0, bits&likeDefaults != 0, bits&likeIndexes != 0})
		}
	}
	return all
}
