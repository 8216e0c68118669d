package scan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
)

// manyKinds are files that use no table, as most do, with what stands in front of 4 kB of
// words and what stands around these.
var manyKinds = map[string]struct{ first, before, after string }{
	".rb":  {"class Service%d < Base\n  LIMIT = 5\n  def call\n", "    log('", "')\n"},
	".py":  {"import os\nfrom a.b import c\nclass Service%d(Base):\n  def call(self):\n", "    log('", "')\n"},
	".ts":  {"import { a } from './a'\nexport class Service%d {}\n", "log('", "')\n"},
	".go":  {"package main\nimport \"fmt\"\nfunc call%d() {\n", "fmt.Println(`", "`)\n"},
	".php": {"<?php\nuse A\\B;\nclass Service%d { function call() {\n", "log('", "');\n"},
	".ex":  {"defmodule Service%d do\n  alias A.B\n", "  log(\"", "\")\n"},
}

// TestMemory: what is kept until all files are read is no part of their text, but what
// other files may need of them. It is not parallel, as it looks at the whole heap.
func TestMemory(t *testing.T) {
	const files, most = 1500, 4000 // bytes for each file, whose text is longer
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for extension, kind := range manyKinds {
		t.Run(extension, func(t *testing.T) {
			dir := t.TempDir()
			for i := range files {
				text := fmt.Sprintf(kind.first, i)
				for line := range 60 {
					text += kind.before + strings.Repeat(fmt.Sprintf("word%d ", line), 8) + kind.after
				}
				text += map[string]string{".rb": "  end\nend\n", ".go": "}\n", ".php": "}}\n", ".ex": "end\n"}[extension]
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("f", i, extension)), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			before := live()
			done, highest := make(chan struct{}), make(chan uint64)
			go func() {
				top := before
				for {
					select {
					case <-done:
						highest <- top
						return
					default:
						top = max(top, live())
					}
				}
			}()
			scanned(t, dir)
			close(done)
			if kept := (<-highest - before) / files; kept > most {
				t.Errorf("%d bytes for each file", kept)
			} else {
				t.Logf("%d bytes for each file", kept)
			}
		})
	}
}

// live is how many bytes of the heap are in use.
func live() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
