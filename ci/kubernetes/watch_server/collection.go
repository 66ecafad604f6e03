package main

import (
	"fmt"
	"net"
	"strings"
	"sync"
)

const (
	payload      = 1900
	firstVersion = 1_000_000
	atOnce       = 40 // events that are written together where only their number matters
)

const managed = `[{"manager":"bench","operation":"Update","apiVersion":"v1","time":"2026-11-26T00:00:00Z",` +
	`"fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:payload":{},"f:phase":{}},` +
	`"f:metadata":{"f:labels":{".":{},"f:app":{},"f:owner":{}}}}}]`

// object is the text of one, around what changes in it.
type object struct {
	before, between, after string
	version, phase         string
}

func newObject(number int) object {
	before := fmt.Sprintf(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"object-%06d","namespace":"default",`+
		`"uid":"00000000-0000-0000-0000-%012d","resourceVersion":"`, number, number)
	between := fmt.Sprintf(`","creationTimestamp":"2026-11-26T00:00:00Z","labels":{"app":"bench","owner":"team-%d"},`+
		`"managedFields":%s},"data":{"payload":"%s","phase":"`, number%17, managed, strings.Repeat("x", payload))
	return object{before: before, between: between, after: `"}}`, phase: "Running"}
}

func (o *object) text() string { return o.before + o.version + o.between + o.phase + o.after }

func (o *object) event(kind string) string {
	return `{"type":"` + kind + `","object":` + o.text() + "}\n"
}

// collection is what is served, to several clients one after the other.
type collection struct {
	mutex   sync.Mutex
	version int
	objects []object
	given   int // how often all of it was given, by a list or at the start of a watch
}

func newCollection(count int) *collection {
	all := &collection{version: firstVersion, objects: make([]object, count)}
	for number := range all.objects {
		all.objects[number] = newObject(number)
		all.objects[number].version = fmt.Sprint(firstVersion - count + number)
	}
	return all
}

func (c *collection) times() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.given
}

// update gives an object a new phase, and says the event of it.
func (c *collection) update(number int, phase string) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.version++
	one := &c.objects[number%len(c.objects)]
	one.version, one.phase = fmt.Sprint(c.version), phase
	return one.event("MODIFIED")
}

func (c *collection) list() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.given++
	items := make([]string, len(c.objects))
	for number := range c.objects {
		items[number] = c.objects[number].text()
	}
	return fmt.Sprintf(`{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"%d"},"items":[%s]}`,
		c.version, strings.Join(items, ","))
}

// sayAll is the beginning of a watch that asks for it: each object, and the bookmark after them.
func (c *collection) sayAll(to *stream) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.given++
	var text strings.Builder
	for number := range c.objects {
		text.WriteString(c.objects[number].event("ADDED"))
		if number%atOnce == atOnce-1 {
			to.say(text.String())
			text.Reset()
		}
	}
	to.say(fmt.Sprintf(`%s{"type":"BOOKMARK","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"resourceVersion":"%d",`+
		`"annotations":{"k8s.io/initial-events-end":"true"}}}}`+"\n", text.String(), c.version))
}

// stream is what one watch is told.
type stream struct {
	connection net.Conn
	failed     bool // the client is gone
}

func (s *stream) say(text string) {
	_, err := fmt.Fprintf(s.connection, "%x\r\n%s\r\n", len(text), text)
	s.failed = s.failed || err != nil
}
