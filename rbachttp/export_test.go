package rbachttp

// Endpoints returns the patterns of the API with the query parameters that they
// take.
func Endpoints() map[string][]string {
	out := map[string][]string{}
	for _, e := range endpoints {
		out[e.pattern] = e.query
	}
	return out
}

// Operation decodes an operation as a batch does.
func Operation(data []byte) error {
	_, err := operation(rawJSON(data))
	return err
}

type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }
