// A program with a dependency, for Go to list.
package main

import (
	"fmt"

	"golang.org/x/text/language"
)

func main() { fmt.Println(language.Make("de")) }
