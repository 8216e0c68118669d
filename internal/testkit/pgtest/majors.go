package pgtest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// majorsVariable names the majors a test run is for.
const majorsVariable = "MIGGUARD_TEST_PG"

// requestedMajors reads majorsVariable, once, because looking for the newest
// installed major runs every server program found (60 ms). Whether the majors
// are installed shows when they are started.
var requestedMajors = sync.OnceValues(func() ([]int, error) {
	value := os.Getenv(majorsVariable)
	if value == "" {
		inst, err := install(context.Background(), 0)
		if err != nil {
			return nil, err
		}
		return []int{inst.Major}, nil
	}
	return parseMajors(value)
})

// parseMajors reads "all" or a list like "14,18" and returns the
// majors in ascending order, each once.
func parseMajors(value string) ([]int, error) {
	var majors []int
	if value == "all" {
		for major := oldestMajor; major <= newestMajor; major++ {
			majors = append(majors, major)
		}
		return majors, nil
	}
	for word := range strings.SplitSeq(value, ",") {
		major, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || major < oldestMajor || major > newestMajor {
			return nil, fmt.Errorf("%s=%q: want \"all\" or majors from %d to %d, like \"14,18\"",
				majorsVariable, value, oldestMajor, newestMajor)
		}
		majors = append(majors, major)
	}
	slices.Sort(majors)
	return slices.Compact(majors), nil
}
