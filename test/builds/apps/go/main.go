// Answers every request with a line that the linker sets.
package main

import (
	"fmt"
	"net/http"
)

var answer = "unset"

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, answer) })
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}
