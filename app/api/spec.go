package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// SpecYAML is the contract as it was written, openapi.yaml. Nobody may change it.
//
//go:embed openapi.yaml
var SpecYAML []byte

// SpecJSON is the contract as JSON: in the order of the YAML, without the hints to the code generator. It is converted
// at the first call; nobody may change it.
func SpecJSON() []byte { return specJSON() }

var specJSON = sync.OnceValue(func() []byte {
	b, err := toJSON(SpecYAML)
	if err != nil {
		// The document is part of the binary and a test converts it, so this cannot happen.
		panic(fmt.Sprintf("api: openapi.yaml: %v", err))
	}
	return b
})

// toJSON converts one YAML document. It walks the nodes instead of decoding into maps: those would lose the order,
// which is the order of the documentation page.
func toJSON(src []byte) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := writeJSON(&out, &doc); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func writeJSON(out *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.DocumentNode:
		return writeJSON(out, n.Content[0])
	case yaml.MappingNode:
		return writeObject(out, n)
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := writeJSON(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case yaml.ScalarNode:
		return writeScalar(out, n)
	default:
		return fmt.Errorf("line %d: aliases are not supported", n.Line)
	}
}

func writeObject(out *bytes.Buffer, n *yaml.Node) error {
	out.WriteByte('{')
	first := true
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if strings.HasPrefix(key.Value, "x-go-") || key.Value == "x-enum-varnames" {
			continue
		}
		if !first {
			out.WriteByte(',')
		}
		first = false
		if err := writeValue(out, key.Value); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeJSON(out, value); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func writeScalar(out *bytes.Buffer, n *yaml.Node) error {
	var v any
	switch n.Tag {
	case "!!int", "!!float", "!!bool", "!!null":
		if err := n.Decode(&v); err != nil {
			return err
		}
	default:
		v = n.Value
	}
	return writeValue(out, v)
}

func writeValue(out *bytes.Buffer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	out.Write(b)
	return nil
}
