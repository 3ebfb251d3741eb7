// House draws the rooms of the repository, from what `go list` says of them, and
// holds the arrows between them: TestRoomsKnowOnlyWhomTheyMay.
//
//	go run ./tools/house          # writes docs/images/house.svg
//	go run ./tools/house -check   # fails where that is not current
package main
