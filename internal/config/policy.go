package config

import (
	"errors"
	"fmt"
)

// A Policy is [policy]: what may be done about a hazard, by its id or SQLSTATE.
// Which hazards and words there are is the judge's to say.
type Policy struct {
	Hazards map[string]Action
	// Tables is [policy.table.NAME]: the same for single tables, whose names
	// are written as in SQL.
	Tables map[string]map[string]Action
}

// An Action is one word, or a list of them, which means these and no others.
type Action struct {
	Words []string
	List  bool
}

// UnmarshalTOML implements toml.Unmarshaler.
func (p *Policy) UnmarshalTOML(data any) error {
	all, ok := data.(map[string]any)
	if !ok {
		return errors.New("policy is no table: write [policy]")
	}
	*p = Policy{}
	for key, value := range all {
		if key == "table" {
			continue
		}
		if p.Hazards == nil {
			p.Hazards = map[string]Action{}
		}
		action, err := actionOf("policy."+key, value)
		if err != nil {
			return err
		}
		p.Hazards[key] = action
	}
	if all["table"] == nil {
		return nil
	}
	tables, ok := all["table"].(map[string]any)
	if !ok {
		return errors.New(`policy.table is no table: write [policy.table."NAME"]`)
	}
	p.Tables = map[string]map[string]Action{}
	for name, of := range tables {
		chosen, ok := of.(map[string]any)
		if !ok {
			return fmt.Errorf(`policy.table.%s is no table: write [policy.table.%[1]q]`, name)
		}
		p.Tables[name] = map[string]Action{}
		for key, value := range chosen {
			action, err := actionOf(fmt.Sprintf("policy.table.%q.%s", name, key), value)
			if err != nil {
				return err
			}
			p.Tables[name][key] = action
		}
	}
	return nil
}

func actionOf(key string, value any) (Action, error) {
	wrong := fmt.Errorf(`%s is neither a word, as "refuse", nor a list, as ["rewrite", "maintenance"]`, key)
	if word, ok := value.(string); ok {
		return Action{Words: []string{word}}, nil
	}
	list, ok := value.([]any)
	if !ok {
		if _, ok := value.(map[string]any); ok {
			return Action{}, fmt.Errorf(`%w; a table's own policy is [policy.table."NAME"]`, wrong)
		}
		return Action{}, wrong
	}
	a := Action{Words: make([]string, len(list)), List: true}
	for i, v := range list {
		if a.Words[i], ok = v.(string); !ok {
			return Action{}, wrong
		}
	}
	return a, nil
}
