package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxBytes is the longest contract Read takes, in bytes: ten times what the
// largest application measured needs, and little enough to be held in memory.
const MaxBytes = 16 << 20

// ErrTooLong is returned by Read for a text of more than MaxBytes.
var ErrTooLong = fmt.Errorf("contract is longer than %d MB", MaxBytes>>20)

// ErrTruncated is returned by Read for a text that ends too early, as a file
// whose writer was killed.
var ErrTruncated = errors.New("contract ends in the middle")

// VersionError is returned by Read for a contract that this migguard does not
// know how to read.
type VersionError struct{ Version int }

// Error says which version it is, and what to do.
func (e *VersionError) Error() string {
	if e.Version <= 0 {
		return "not a contract: it names no version"
	}
	return fmt.Sprintf("contract is of version %d, and this migguard reads up to %d: use the migguard that wrote it, or a newer one",
		e.Version, Version)
}

// Write writes the contract as JSON, on one line. Equal contracts give the same
// bytes.
func (c *Contract) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(c)
}

// Read reads what Write wrote. A contract of a newer version is a
// *VersionError, whatever else is in it: what it says beyond this version's
// words would be lost, and a lost use is a false "no".
func Read(r io.Reader) (*Contract, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading contract: %w", err)
	}
	if len(data) > MaxBytes {
		return nil, ErrTooLong
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, decodeError(data, err)
	}
	if head.Version <= 0 || head.Version > Version {
		return nil, &VersionError{head.Version}
	}
	c := new(Contract)
	if err := json.Unmarshal(data, c); err != nil {
		return nil, decodeError(data, err)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.normalize()
	return c, nil
}

func decodeError(data []byte, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset >= int64(len(data)) {
		return ErrTruncated
	}
	return fmt.Errorf("reading contract: %w", err)
}

// check refuses what New cannot have made.
func (c *Contract) check() error {
	for _, r := range c.Relations {
		if r.Name.Name == "" {
			return errors.New("contract has a relation without a name")
		}
		for _, u := range r.Uses {
			switch u.Origin {
			case Model, SQL, Table, Query:
			default:
				return fmt.Errorf("contract has a use of %s of unknown origin %q", r.Name, u.Origin)
			}
			if u.Origin == Model && !c.whole() {
				return fmt.Errorf("contract has model %s and no scan of a whole build", u.By)
			}
		}
	}
	for _, t := range c.Texts {
		if t.SQL == "" {
			return fmt.Errorf("contract has a text without SQL, of %s", t.At.File)
		}
	}
	for _, g := range c.Gaps {
		switch g.Reach {
		case Anything, Unclaimed, Within:
		default:
			return fmt.Errorf("contract has a gap of unknown reach %q", g.Reach)
		}
	}
	return nil
}
