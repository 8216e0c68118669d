package scan

import (
	"github.com/migguard/migguard/internal/scan/django"
	"github.com/migguard/migguard/internal/scan/python"
	"github.com/migguard/migguard/internal/scan/sqlalchemy"
)

// pythonFiles are the files of Python, as each who reads them sees them.
type pythonFiles struct {
	all        []*python.File
	django     []*django.File
	sqlalchemy []*sqlalchemy.File
}

func (s *scan) readPython(path string, src []byte) {
	source := python.Read(path, src)
	forDjango, forSQLAlchemy := django.Read(source), sqlalchemy.Read(source)
	source.Note(&s.found)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.python.all = append(s.python.all, source.File)
	s.python.django = append(s.python.django, forDjango)
	s.python.sqlalchemy = append(s.python.sqlalchemy, forSQLAlchemy)
}

// resolvePython joins what the files of Python say.
func (s *scan) resolvePython() {
	tree := python.NewProject(s.python.all)
	builds := tree.Imports(sqlalchemy.Libraries...)
	for _, f := range s.python.all {
		f.NoteSent(&s.found, builds)
	}
	mapped := sqlalchemy.Resolve(s.python.sqlalchemy, tree, &s.found)
	django.Resolve(s.python.django, tree, mapped, &s.found)
}
