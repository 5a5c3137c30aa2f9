package sqlstore

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
)

// holds evaluates the little SQL that whereAfter writes.
func holds(t *testing.T, q *statement, row map[string]string) bool {
	t.Helper()
	text := strings.TrimPrefix(q.text.String(), " AND ")
	if text == "" {
		return true
	}
	c := condition{t: t, row: row, args: q.args}
	for _, s := range []string{"(", ")", ","} {
		text = strings.ReplaceAll(text, s, " "+s+" ")
	}
	c.words = strings.Fields(text)
	return c.or()
}

type condition struct {
	t     *testing.T
	row   map[string]string
	args  []any
	words []string
}

func (c *condition) next() string {
	if len(c.words) == 0 {
		return ""
	}
	return c.words[0]
}

func (c *condition) take() string {
	w := c.next()
	c.words = c.words[1:]
	return w
}

func (c *condition) or() bool {
	result := c.and()
	for c.next() == "OR" {
		c.take()
		more := c.and()
		result = result || more
	}
	return result
}

func (c *condition) and() bool {
	result := c.term()
	for c.next() == "AND" {
		c.take()
		more := c.term()
		result = result && more
	}
	return result
}

func (c *condition) term() bool {
	// A parenthesis opens a row of columns, or a condition.
	if c.next() == "(" && !(len(c.words) > 2 && (c.words[2] == "," || c.words[2] == ")")) {
		c.take()
		result := c.or()
		c.take()
		return result
	}
	left := c.list(func(w string) string { return c.row[w] })
	operator := c.take()
	right := c.list(func(w string) string {
		if w != "?" {
			c.t.Fatalf("%q is not a parameter", w)
		}
		v := fmt.Sprint(c.args[0])
		c.args = c.args[1:]
		return v
	})
	order := 0
	for i := range left {
		order = cmp.Or(order, cmp.Compare(left[i], right[i]))
	}
	switch operator {
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "=":
		return order == 0
	}
	c.t.Fatalf("operator %q", operator)
	return false
}

func (c *condition) list(value func(string) string) []string {
	if c.next() != "(" {
		return []string{value(c.take())}
	}
	var values []string
	for c.take() != ")" {
		values = append(values, value(c.take()))
		if c.next() == ")" {
			c.take()
			break
		}
	}
	return values
}
