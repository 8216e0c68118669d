package ddl

// SetColumnStatistics is ALTER COLUMN SET STATISTICS. Column is the number, in
// decimal, if an index column is addressed by number.
type SetColumnStatistics struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
}

// ChangeType implements Change.
func (SetColumnStatistics) ChangeType() string { return "set_column_statistics" }

// Relations implements Change.
func (c SetColumnStatistics) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetColumnStatistics) Locks() []Lock {
	return []Lock{table(c.Relation, ShareUpdateExclusive).recursing()}
}

// MarshalJSON implements json.Marshaler.
func (c SetColumnStatistics) MarshalJSON() ([]byte, error) {
	type fields SetColumnStatistics
	return object(c, fields(c))
}

// SetColumnOptions is ALTER COLUMN SET (...) or RESET (...).
type SetColumnOptions struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	Reset    bool   `json:"reset,omitempty"`
	// Options are the names of the options.
	Options []string `json:"options,omitempty"`
}

// ChangeType implements Change.
func (SetColumnOptions) ChangeType() string { return "set_column_options" }

// Relations implements Change.
func (c SetColumnOptions) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetColumnOptions) Locks() []Lock { return []Lock{table(c.Relation, ShareUpdateExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetColumnOptions) MarshalJSON() ([]byte, error) {
	type fields SetColumnOptions
	return object(c, fields(c))
}

// SetColumnStorage is ALTER COLUMN SET STORAGE.
type SetColumnStorage struct {
	Relation Name   `json:"relation"`
	Column   string `json:"column"`
	Storage  string `json:"storage,omitempty"`
}

// ChangeType implements Change.
func (SetColumnStorage) ChangeType() string { return "set_column_storage" }

// Relations implements Change.
func (c SetColumnStorage) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetColumnStorage) Locks() []Lock {
	return []Lock{table(c.Relation, AccessExclusive).recursing()}
}

// MarshalJSON implements json.Marshaler.
func (c SetColumnStorage) MarshalJSON() ([]byte, error) {
	type fields SetColumnStorage
	return object(c, fields(c))
}

// SetColumnCompression is ALTER COLUMN SET COMPRESSION.
type SetColumnCompression struct {
	Relation    Name   `json:"relation"`
	Column      string `json:"column"`
	Compression string `json:"compression,omitempty"`
}

// ChangeType implements Change.
func (SetColumnCompression) ChangeType() string { return "set_column_compression" }

// Relations implements Change.
func (c SetColumnCompression) Relations() []Name { return some(c.Relation) }

// Locks implements Change.
func (c SetColumnCompression) Locks() []Lock { return []Lock{table(c.Relation, AccessExclusive)} }

// MarshalJSON implements json.Marshaler.
func (c SetColumnCompression) MarshalJSON() ([]byte, error) {
	type fields SetColumnCompression
	return object(c, fields(c))
}
