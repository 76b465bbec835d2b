//go:build !linux

package netfault

import "errors"

func open() (table, error) { return nil, errors.New("nftables is a part of Linux") }
