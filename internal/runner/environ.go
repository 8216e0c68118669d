package runner

import (
	"slices"
	"strings"
)

// environ is an environment whose order is kept; of a name given twice the last
// value counts.
type environ struct {
	names  []string
	values map[string]string
}

func parseEnviron(list []string) environ {
	e := environ{values: make(map[string]string, len(list))}
	for _, entry := range list {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			e.set(name, value)
		}
	}
	return e
}

// get returns "" for a name that is not set: no variable read here means
// anything when empty.
func (e *environ) get(name string) string { return e.values[name] }

func (e *environ) set(name, value string) {
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = value
}

func (e *environ) remove(name string) {
	if _, ok := e.values[name]; ok {
		delete(e.values, name)
		e.names = slices.DeleteFunc(e.names, func(n string) bool { return n == name })
	}
}

func (e *environ) list() []string {
	list := make([]string, 0, len(e.names))
	for _, name := range e.names {
		list = append(list, name+"="+e.values[name])
	}
	return list
}
