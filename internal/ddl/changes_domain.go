package ddl

// CreateDomain is CREATE DOMAIN. Constraints are the kinds of its constraints.
type CreateDomain struct {
	Domain  Name   `json:"domain,omitzero"`
	Base    string `json:"base,omitempty"`
	NotNull bool   `json:"not_null,omitempty"`
	Default string `json:"default,omitempty"`
	// Checks are the CHECK conditions in SQL.
	Checks []string `json:"checks,omitempty"`
}

// ChangeType implements Change.
func (CreateDomain) ChangeType() string { return "create_domain" }

// Relations implements Change.
func (CreateDomain) Relations() []Name { return nil }

// Locks implements Change.
func (CreateDomain) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c CreateDomain) MarshalJSON() ([]byte, error) {
	type fields CreateDomain
	return object(c, fields(c))
}

// AddDomainConstraint is ALTER DOMAIN ADD CONSTRAINT. Constraint is Check or
// NotNull.
type AddDomainConstraint struct {
	Domain     Name           `json:"domain,omitzero"`
	Name       string         `json:"name,omitempty"`
	Constraint ConstraintKind `json:"constraint,omitempty"`
	Expression string         `json:"expression,omitempty"`
	NotValid   bool           `json:"not_valid,omitempty"`
}

// ChangeType implements Change.
func (AddDomainConstraint) ChangeType() string { return "add_domain_constraint" }

// Relations implements Change.
func (AddDomainConstraint) Relations() []Name { return nil }

// Locks implements Change.
func (c AddDomainConstraint) Locks() []Lock {
	return typeUserLocks(c.Domain, KindDomain, Share, !c.NotValid)
}

// MarshalJSON implements json.Marshaler.
func (c AddDomainConstraint) MarshalJSON() ([]byte, error) {
	type fields AddDomainConstraint
	return object(c, fields(c))
}

// DropDomainConstraint is ALTER DOMAIN DROP CONSTRAINT.
type DropDomainConstraint struct {
	Domain   Name   `json:"domain,omitzero"`
	Name     string `json:"name,omitempty"`
	IfExists bool   `json:"if_exists,omitempty"`
	Cascade  bool   `json:"cascade,omitempty"`
}

// ChangeType implements Change.
func (DropDomainConstraint) ChangeType() string { return "drop_domain_constraint" }

// Relations implements Change.
func (DropDomainConstraint) Relations() []Name { return nil }

// Locks implements Change.
func (DropDomainConstraint) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c DropDomainConstraint) MarshalJSON() ([]byte, error) {
	type fields DropDomainConstraint
	return object(c, fields(c))
}

// ValidateDomainConstraint is ALTER DOMAIN VALIDATE CONSTRAINT.
type ValidateDomainConstraint struct {
	Domain Name   `json:"domain,omitzero"`
	Name   string `json:"name,omitempty"`
}

// ChangeType implements Change.
func (ValidateDomainConstraint) ChangeType() string { return "validate_domain_constraint" }

// Relations implements Change.
func (ValidateDomainConstraint) Relations() []Name { return nil }

// Locks implements Change.
func (c ValidateDomainConstraint) Locks() []Lock {
	return typeUserLocks(c.Domain, KindDomain, Share, true)
}

// MarshalJSON implements json.Marshaler.
func (c ValidateDomainConstraint) MarshalJSON() ([]byte, error) {
	type fields ValidateDomainConstraint
	return object(c, fields(c))
}

// RenameDomainConstraint is ALTER DOMAIN RENAME CONSTRAINT.
type RenameDomainConstraint struct {
	Domain Name   `json:"domain,omitzero"`
	Name   string `json:"name,omitempty"`
	To     string `json:"to"`
}

// ChangeType implements Change.
func (RenameDomainConstraint) ChangeType() string { return "rename_domain_constraint" }

// Relations implements Change.
func (RenameDomainConstraint) Relations() []Name { return nil }

// Locks implements Change.
func (RenameDomainConstraint) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c RenameDomainConstraint) MarshalJSON() ([]byte, error) {
	type fields RenameDomainConstraint
	return object(c, fields(c))
}

// SetDomainNotNull is ALTER DOMAIN SET NOT NULL.
type SetDomainNotNull struct {
	Domain Name `json:"domain,omitzero"`
}

// ChangeType implements Change.
func (SetDomainNotNull) ChangeType() string { return "set_domain_not_null" }

// Relations implements Change.
func (SetDomainNotNull) Relations() []Name { return nil }

// Locks implements Change.
func (c SetDomainNotNull) Locks() []Lock { return typeUserLocks(c.Domain, KindDomain, Share, true) }

// MarshalJSON implements json.Marshaler.
func (c SetDomainNotNull) MarshalJSON() ([]byte, error) {
	type fields SetDomainNotNull
	return object(c, fields(c))
}

// DropDomainNotNull is ALTER DOMAIN DROP NOT NULL.
type DropDomainNotNull struct {
	Domain Name `json:"domain,omitzero"`
}

// ChangeType implements Change.
func (DropDomainNotNull) ChangeType() string { return "drop_domain_not_null" }

// Relations implements Change.
func (DropDomainNotNull) Relations() []Name { return nil }

// Locks implements Change.
func (DropDomainNotNull) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c DropDomainNotNull) MarshalJSON() ([]byte, error) {
	type fields DropDomainNotNull
	return object(c, fields(c))
}

// SetDomainDefault is ALTER DOMAIN SET DEFAULT, or DROP DEFAULT if Default is
// empty.
type SetDomainDefault struct {
	Domain  Name   `json:"domain,omitzero"`
	Default string `json:"default,omitempty"`
}

// ChangeType implements Change.
func (SetDomainDefault) ChangeType() string { return "set_domain_default" }

// Relations implements Change.
func (SetDomainDefault) Relations() []Name { return nil }

// Locks implements Change.
func (SetDomainDefault) Locks() []Lock { return nil }

// MarshalJSON implements json.Marshaler.
func (c SetDomainDefault) MarshalJSON() ([]byte, error) {
	type fields SetDomainDefault
	return object(c, fields(c))
}
