package deploysim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// gone is the value of a row whose deletion was acknowledged.
const gone = -1

// rows maps the keys of one set to values.
type rows map[string]int64

// Written is what the database has acknowledged to one connection or dyno.
type Written struct {
	// Rows has, by set, the value of each row only this connection writes, or
	// -1 if it deleted the row.
	Rows map[string]rows `json:"rows"`
	// Added has, by set, how often a shared row was added to.
	Added map[string]rows `json:"added"`
	// Unsure counts writes whose answer was lost; their rows are left out.
	Unsure int64 `json:"unsure"`
}

// merge adds what another connection wrote. Connections share no key in Rows.
func (w *Written) merge(other Written) {
	for set, keys := range other.Rows {
		for key, n := range keys {
			put(&w.Rows, set)[key] = n
		}
	}
	for set, keys := range other.Added {
		for key, n := range keys {
			put(&w.Added, set)[key] += n
		}
	}
	w.Unsure += other.Unsure
}

func put(m *map[string]rows, set string) rows {
	if *m == nil {
		*m = map[string]rows{}
	}
	if (*m)[set] == nil {
		(*m)[set] = rows{}
	}
	return (*m)[set]
}

// model is one connection's own idea of the rows it wrote: the source of keys
// for its statements and of what to find at the end.
type model struct {
	tag     string // dyno and connection: the prefix of new keys
	seeds   int
	rand    *rand.Rand
	counter int64
	written Written
	live    map[string][]string // by set, the keys Mine can name
}

func newModel(tag string, seeds int, seed uint64) *model {
	return &model{
		tag:   tag,
		seeds: seeds,
		rand:  rand.New(rand.NewPCG(seed, uint64(seeds))),
		live:  map[string][]string{},
	}
}

// binding holds the values of one op's arguments.
type binding map[Arg]any

// bind chooses the arguments of op. It is false if op needs a row this
// connection does not have.
func (m *model) bind(op Op) (binding, bool) {
	m.counter++
	b := binding{
		Counter: m.counter,
		New:     fmt.Sprintf("%s-%d@example.com", m.tag, m.counter),
		Seed:    fmt.Sprintf("seed-%d@example.com", m.rand.IntN(m.seeds)+1),
	}
	for _, st := range op.Statements {
		for _, arg := range st.Args {
			set, isMine := strings.CutPrefix(string(arg), minePrefix)
			if !isMine || b[arg] != nil {
				continue
			}
			keys := m.live[set]
			if len(keys) == 0 {
				return nil, false
			}
			b[arg] = keys[m.rand.IntN(len(keys))]
		}
	}
	return b, true
}

// args are the values for one statement.
func (b binding) args(st Statement) []any {
	vals := make([]any, len(st.Args))
	for i, arg := range st.Args {
		vals[i] = b[arg]
	}
	return vals
}

// acknowledge applies the effects of an op the database has acknowledged.
func (m *model) acknowledge(op Op, b binding) {
	for _, st := range op.Statements {
		e := st.Effect
		if e == nil {
			continue
		}
		key := b[e.Key].(string)
		switch e.Kind {
		case Put:
			if e.Key == New {
				m.live[e.Set] = append(m.live[e.Set], key)
			}
			put(&m.written.Rows, e.Set)[key] = b[Counter].(int64)
		case Delete:
			m.forget(e.Set, key)
			put(&m.written.Rows, e.Set)[key] = gone
		case Add:
			put(&m.written.Added, e.Set)[key]++
		}
	}
}

// doubt drops the rows of an op whose outcome is unknown: whatever the
// database holds for them is right.
func (m *model) doubt(op Op, b binding) {
	for _, st := range op.Statements {
		if st.Effect == nil {
			continue
		}
		m.written.Unsure++
		if st.Effect.Kind == Add {
			continue // only a lower bound is checked, which still holds
		}
		key := b[st.Effect.Key].(string)
		m.forget(st.Effect.Set, key)
		delete(m.written.Rows[st.Effect.Set], key)
	}
}

// forget takes key out of the keys Mine can name.
func (m *model) forget(set, key string) {
	keys := m.live[set]
	for i, k := range keys {
		if k == key {
			keys[i] = keys[len(keys)-1]
			m.live[set] = keys[:len(keys)-1]
			return
		}
	}
}
