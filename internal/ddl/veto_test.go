package ddl

import "testing"

func TestVetoOf(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][2]Veto{ // after, and before a row
		"begin raise exception 'no'; end":                                                        {AlwaysVetoes, AlwaysVetoes},
		"DECLARE n int := 1; BEGIN RAISE 'no %', n; END":                                         {AlwaysVetoes, AlwaysVetoes},
		"<<b>> begin -- not now\n raise sqlstate '23514'; end":                                   {AlwaysVetoes, AlwaysVetoes},
		"begin raise unique_violation using message = 'x'; end":                                  {AlwaysVetoes, AlwaysVetoes},
		"begin return null; end":                                                                 {NoVeto, AlwaysVetoes},
		"begin if new.n > 1 then raise exception 'no'; end if; return new; end":                  {MayVeto, MayVeto},
		"begin if new.n > 1 then return null; end if; return new; end":                           {NoVeto, MayVeto},
		"begin raise notice 'raise exception'; return new; end":                                  {NoVeto, NoVeto},
		"begin /* raise exception 'x' */ new.at := now(); return new; end":                       {NoVeto, NoVeto},
		"begin new.n := 'return null'; return new; end":                                          {NoVeto, NoVeto},
		"begin insert into a values (1); return new; exception when others then raise; end":      {NoVeto, NoVeto},
		"begin raise warning 'x'; raise exception 'y'; end":                                      {AlwaysVetoes, AlwaysVetoes},
		"begin perform 1; begin raise exception 'y'; end; return new; end":                       {AlwaysVetoes, AlwaysVetoes},
		"begin begin raise exception 'y'; exception when others then null; end; return new; end": {MayVeto, MayVeto},
		"begin insert into a values (1); return old; end":                                        {NoVeto, AlwaysVetoes},
		"begin if new.n > 1 then return new; end if; return old; end":                            {NoVeto, MayVeto},
		"begin return new; raise 'no'; end":                                                      {MayVeto, MayVeto},
		"begin assert new.n > 1; return new; end":                                                {MayVeto, MayVeto},
		"": {NoVeto, NoVeto},
	} {
		for i, skips := range [][]string{nil, {"null", "old"}} {
			if got := VetoOf(source, skips...); got != want[i] {
				t.Errorf("%s (skips %v): %d, want %d", source, skips, got, want[i])
			}
		}
	}
}
