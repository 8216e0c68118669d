package javascript

type schema struct{}

func readSchema(at, src string) *schema { return &schema{} }
