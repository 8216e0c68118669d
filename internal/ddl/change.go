package ddl

import "encoding/json"

// Change is one typed effect of a statement on the schema. The types in this
// package are all there are.
//
// A change tells what the text asks for, not what happens: with IF EXISTS or a
// wrong name nothing may. It marshals to a JSON object whose first member is
// "type".
type Change interface {
	// ChangeType is the change's stable name in JSON and reports, e.g.
	// "rename_table".
	ChangeType() string
	// Relations are the tables, views, indexes and sequences the change acts
	// on by name, under the names they have before it.
	Relations() []Name
	// Locks are the locks the change takes when it stands alone; see
	// Statement.Locks for what is listed. ALTER TABLE ONLY is not considered
	// here, it is in Statement.Locks.
	Locks() []Lock
	json.Marshaler
}

// object marshals the fields of a change behind its type. The fields come as a
// method-less copy, or marshalling would call itself.
func object(c Change, fields any) ([]byte, error) {
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	head := []byte(`{"type":"` + c.ChangeType() + `"`)
	if len(body) > len(`{}`) {
		head = append(head, ',')
	}
	return append(head, body[1:]...), nil
}

// some lists the relations that have a name.
func some(names ...Name) []Name {
	var named []Name
	for _, n := range names {
		if n.Name != "" {
			named = append(named, n)
		}
	}
	return named
}
