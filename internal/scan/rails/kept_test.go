package rails

import (
	"runtime"
	"strings"
	"testing"
)

// TestKept: a file keeps neither its tree nor the text of its classes until all files
// are read.
func TestKept(t *testing.T) {
	src := []byte("class A < B\n  self.ignored_columns = %w[x y]\n  LIST = %w[a b]\n" + strings.Repeat("  def m\n    x.y(z, 1) { |q| q + 1 }\n  end\n", 5000) + "end\n")
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	f := Read("a.rb", src)
	if kept := int64(heap()) - int64(before); kept > int64(len(src))/2 {
		t.Errorf("%d bytes are kept of %d", kept, len(src))
	}
	if len(f.classes) != 1 {
		t.Errorf("%d classes", len(f.classes))
	}
	runtime.KeepAlive(src)
}
