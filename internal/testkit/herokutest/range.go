package herokutest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The API's page sizes.
const (
	defaultPage = 200
	maxPage     = 1000
)

// rangeHeader is "version ]5..9; max=10, order=desc": everything but ".." may
// be absent, and "]" leaves the start itself out.
var rangeHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(\w+) +)?(\]?)([\w:.-]*?)\.\.([\w:.-]*?)(?:; *(.*))?$`)
})

// A page is the part of a list that a Range header asks for.
type page struct {
	property   string
	start, end string
	exclusive  bool
	max        int
	descending bool
}

func parsePage(header string) (page, bool) {
	p := page{property: "id", max: defaultPage}
	if header == "" {
		return p, true
	}
	parts := rangeHeader().FindStringSubmatch(header)
	if parts == nil {
		return p, false
	}
	p.property = cmp.Or(parts[1], p.property)
	p.exclusive, p.start, p.end = parts[2] != "", parts[3], parts[4]
	for option := range strings.SplitSeq(parts[5], ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		switch name {
		case "max":
			p.max, _ = strconv.Atoi(value)
		case "order":
			p.descending = value == "desc"
		}
	}
	return p, p.max >= 1 && p.max <= maxPage
}

// paginate answers the part of a list that the request asks for. sortable are
// the properties, strings or numbers, that the list can be ordered by.
func paginate(r *request, list []object, sortable ...string) (any, error) {
	r.header.Set("Accept-Ranges", strings.Join(sortable, ", "))
	p, ok := parsePage(r.Header.Get("Range"))
	if !ok || !slices.Contains(sortable, p.property) {
		return nil, &apiError{http.StatusRequestedRangeNotSatisfiable, "requested_range_not_satisfiable",
			"Range has to be one of " + strings.Join(sortable, ", ") + ", with max up to 1000."}
	}
	order := func(a, b object) int {
		if p.descending {
			a, b = b, a
		}
		return compare(a[p.property], b[p.property])
	}
	slices.SortStableFunc(list, order)
	list = slices.DeleteFunc(list, func(o object) bool { return !p.contains(o[p.property]) })
	if len(list) <= p.max {
		return list, nil
	}
	r.status = http.StatusPartialContent
	list = list[:p.max]
	last := fmt.Sprint(list[p.max-1][p.property])
	next := fmt.Sprintf("%s ]%s..%s; max=%d", p.property, last, p.end, p.max)
	if p.descending {
		next += ", order=desc"
	}
	r.header.Set("Next-Range", next)
	return list, nil
}

func (p page) contains(value any) bool {
	sign := 1
	if p.descending {
		sign = -1
	}
	if p.start != "" {
		c := sign * compare(value, p.start)
		if c < 0 || c == 0 && p.exclusive {
			return false
		}
	}
	return p.end == "" || sign*compare(value, p.end) <= 0
}

// compare orders two values of a property; b may be a number as text.
func compare(a, b any) int {
	n, isNumber := a.(int)
	if !isNumber {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	}
	m, isNumber := b.(int)
	if !isNumber {
		m, _ = strconv.Atoi(fmt.Sprint(b))
	}
	return cmp.Compare(n, m)
}
