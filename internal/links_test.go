package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	pageLink = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)`)
	fenced   = regexp.MustCompile("(?s)```.*?```")
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	// dropped is what GitHub leaves out of a heading's anchor.
	dropped = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// Links of the documentation to its own pages, and to their headings, lead somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "../README.md")
	anchors, links := map[string]bool{}, 0
	texts := map[string]string{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		texts[page] = fenced.ReplaceAllString(string(text), "")
		for _, h := range heading.FindAllStringSubmatch(texts[page], -1) {
			anchors[page+"#"+strings.ReplaceAll(strings.ToLower(dropped.ReplaceAllString(h[1], "")), " ", "-")] = true
		}
	}
	for page, text := range texts {
		for _, link := range pageLink.FindAllStringSubmatch(text, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			links++
			to := page
			if link[1] != "" {
				to = filepath.Join(filepath.Dir(page), link[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s is not there", page, link[1])
			} else if _, read := texts[to]; read && link[2] != "" && !anchors[to+"#"+link[2]] {
				t.Errorf("%s: %s has no heading #%s", page, to, link[2])
			}
		}
	}
	if links < 50 {
		t.Errorf("%d links", links)
	}
}
