package contract_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	var whole bytes.Buffer
	if err := sample().Write(&whole); err != nil {
		t.Fatal(err)
	}
	for i := range whole.Len() - 2 {
		if _, err := contract.Read(bytes.NewReader(whole.Bytes()[:i])); !errors.Is(err, contract.ErrTruncated) {
			t.Fatalf("the first %d bytes: %v", i, err)
		}
	}
	_, err := contract.Read(strings.NewReader(`{"version":2,"relations":"other"}`))
	var version *contract.VersionError
	if !errors.As(err, &version) || version.Version != 2 || !strings.Contains(err.Error(), "reads up to 1") {
		t.Errorf("newer version: %v", err)
	}
	endless := io.MultiReader(strings.NewReader(`{"version":1,"x":"`), zeros{})
	if _, err := contract.Read(endless); !errors.Is(err, contract.ErrTooLong) {
		t.Errorf("endless: %v", err)
	}
	for text, want := range map[string]string{
		`{}`:                          "names no version",
		`[]`:                          "cannot unmarshal",
		`{"version":1} {"version":1}`: "invalid character",
		`{"version":1,"relations":[{"name":"t","uses":[{"origin":"guess"}]}]}`:          `unknown origin "guess"`,
		`{"version":1,"relations":[{"name":"t","uses":[{"origin":"model","by":"T"}]}]}`: "no scan of a whole build",
		`{"version":1,"relations":[{"uses":[]}]}`:                                       "without a name",
		`{"version":1,"texts":[{"sql":"","at":{"file":"a.rb"}}]}`:                       "a text without SQL, of a.rb",
		`{"version":1,"gaps":[{"reach":"far"}]}`:                                        `unknown reach "far"`,
	} {
		if _, err := contract.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func FuzzRead(f *testing.F) {
	var whole bytes.Buffer
	if err := sample().Write(&whole); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := contract.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		if a := c.Column(contract.Name{Name: "users"}, "notes", contract.AnyWay); len(a.Reasons) == 0 {
			t.Errorf("%s without a reason", a.Verdict)
		}
	})
}
