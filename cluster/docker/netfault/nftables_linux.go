package netfault

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// kernel is one table of our own with one chain, so that to heal is to delete it.
type kernel struct {
	conn  *nftables.Conn
	table *nftables.Table
	chain *nftables.Chain
}

func open() (table, error) {
	conn, err := nftables.New()
	if err != nil {
		return nil, err
	}
	t := &nftables.Table{Name: "splitvote", Family: nftables.TableFamilyINet}
	accept := nftables.ChainPolicyAccept
	return &kernel{conn: conn, table: t, chain: &nftables.Chain{
		Name: "cut", Table: t, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter, Policy: &accept,
	}}, nil
}

// replace is one transaction (N1). The table is added first because deleting one that is not there
// would fail it.
func (k *kernel) replace(cut []Link) error {
	k.conn.AddTable(k.table)
	k.conn.DelTable(k.table)
	if len(cut) > 0 {
		k.conn.AddTable(k.table)
		k.conn.AddChain(k.chain)
		for _, l := range cut {
			k.conn.AddRule(&nftables.Rule{Table: k.table, Chain: k.chain, Exprs: drop(l)})
		}
	}
	if err := k.conn.Flush(); err != nil {
		return fmt.Errorf("nftables: %w", err)
	}
	return nil
}

func (k *kernel) rules() ([]Rule, error) {
	tables, err := k.conn.ListTablesOfFamily(k.table.Family)
	if err != nil {
		return nil, fmt.Errorf("nftables: list tables: %w", err)
	}
	for _, t := range tables {
		if t.Name == k.table.Name {
			return k.read()
		}
	}
	return nil, nil
}

func (k *kernel) read() ([]Rule, error) {
	found, err := k.conn.GetRules(k.table, k.chain)
	if err != nil {
		return nil, fmt.Errorf("nftables: list rules: %w", err)
	}
	var rules []Rule
	for _, r := range found {
		rule, err := parse(r.Exprs)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// Where the fields that a rule compares lie in their headers.
const (
	source4 = 12 // of an IPv4 header, 4 bytes long
	source6 = 8  // of an IPv6 header, 16 bytes long
	dport   = 2  // of a TCP header, 2 bytes long
)

// drop is, in nft's own language: meta nfproto ipv4 ip saddr FROM [meta l4proto tcp tcp dport PORT]
// counter drop.
func drop(l Link) []expr.Any {
	family, offset := byte(unix.NFPROTO_IPV4), uint32(source4)
	if l.From.Is6() {
		family, offset = unix.NFPROTO_IPV6, source6
	}
	from := l.From.AsSlice()
	e := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1},
		equal(family),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: uint32(len(from))},
		equal(from...),
	}
	if l.Port != 0 {
		e = append(e,
			&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1},
			equal(unix.IPPROTO_TCP),
			&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: dport, Len: 2},
			equal(binary.BigEndian.AppendUint16(nil, l.Port)...),
		)
	}
	return append(e, &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictDrop})
}

func equal(data ...byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data} }

// parse is the inverse of drop: what a rule compares is known by the last thing it loaded.
func parse(exprs []expr.Any) (Rule, error) {
	var r Rule
	var loaded expr.Any
	dropped := false
	for _, e := range exprs {
		switch e := e.(type) {
		case *expr.Meta, *expr.Payload:
			loaded = e
		case *expr.Cmp:
			p, ok := loaded.(*expr.Payload)
			switch {
			case ok && p.Base == expr.PayloadBaseNetworkHeader:
				r.From, _ = netip.AddrFromSlice(e.Data)
			case ok && p.Base == expr.PayloadBaseTransportHeader && len(e.Data) == 2:
				r.Port = binary.BigEndian.Uint16(e.Data)
			}
		case *expr.Counter:
			r.Packets = e.Packets
		case *expr.Verdict:
			dropped = e.Kind == expr.VerdictDrop
		}
	}
	if !dropped || !r.From.IsValid() {
		return Rule{}, fmt.Errorf("nftables: the table %q holds a rule that is not ours", "splitvote")
	}
	return r, nil
}
