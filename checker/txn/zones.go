package txn

import (
	"math"
	"slices"
	"sort"
)

// zone is what real time says about a version: when the first of those who found or left it had
// ended, and when the last of them began, as positions in the history.
//
// If real time orders transactions, versions of a key follow: v comes before w if the first end of
// v is before the last beginning of w, because a transaction that touched v then ended before one
// that touched w began (X4; the zones of Gibbons and Korach, Testing Shared Memories, 1997, for
// transactions that are restricted to one key).
type zone struct {
	version int32
	first   int32 // end, MaxInt32 if nobody is known to have ended
	last    int32 // beginning
}

// followRealTime draws what follows if the versions of a key follow real time: everyone who found
// or left a version comes before the writers of all versions that come after it. These are, in the
// order of their last beginnings, all from a certain one on, so that junctions along that order
// stand for them; only the version itself, and the one that a reader of it wrote, must not be among
// them. What comes before these in that order is visited one by one. It is little in a history in
// which time and values agree, and at the first contradiction nothing more needs to be drawn, as
// there is a cycle.
func (r *registers) followRealTime(key int32) {
	of := &r.of[key]
	if len(of.versions) < 3 {
		return
	}
	zones := r.zones(of)
	place := make([]int32, len(of.versions)) // of a version among the zones
	suffix := make([]int32, len(zones)+1)
	for i := len(zones) - 1; i >= 0; i-- {
		place[zones[i].version] = int32(i)
		suffix[i] = r.junction()
		r.add(suffix[i], of.versions[zones[i].version].writer, pass, key)
		if i+1 < len(zones) {
			r.add(suffix[i], suffix[i+1], pass, key)
		}
	}
	after := func(x int32, k kind, from int, but ...int32) {
		slices.Sort(but)
		if next := max(int(but[len(but)-1])+1, from); next < len(zones) {
			r.add(x, suffix[next], k, key)
		}
		for b := len(but) - 1; b >= 0; b-- {
			lowest := from
			if b > 0 {
				lowest = max(lowest, int(but[b-1])+1)
			}
			for i := int(but[b]) - 1; i >= lowest; i-- {
				r.add(x, of.versions[zones[i].version].writer, k, key)
				if zones[i].first < zones[but[b]].last {
					return
				}
			}
		}
	}
	for i, z := range zones {
		from := sort.Search(len(zones), func(j int) bool { return zones[j].last > z.first })
		v := &of.versions[z.version]
		after(v.writer, wwRealtime, from, int32(i))
		for _, x := range v.readers {
			if !contains(v.rivals, x) {
				after(x, rwRealtime, from, int32(i))
			} else if own := r.wrote(x, key); own != 0 && len(v.rivals) == 1 {
				after(x, rwRealtime, from, int32(i), place[own])
			}
		}
	}
}

// zones are those of a register's versions but the initial one, in the order of their last
// beginnings.
func (r *registers) zones(of *register) []zone {
	zones := make([]zone, 0, len(of.versions)-1)
	for i := 1; i < len(of.versions); i++ {
		v := &of.versions[i]
		z := zone{int32(i), math.MaxInt32, r.txns[v.writer].begin}
		for _, x := range append(slices.Clip(v.readers), v.writer) {
			if x := &r.txns[x]; x.end != none {
				z.first = min(z.first, x.end)
			}
			z.last = max(z.last, r.txns[x].begin)
		}
		zones = append(zones, z)
	}
	slices.SortFunc(zones, func(a, b zone) int { return int(a.last - b.last) })
	return zones
}

// wrote is the version of a key that a transaction left, 0 for none.
func (r *registers) wrote(x, key int32) int32 {
	for _, m := range r.did(x) {
		if m.write && m.key == key && r.values[m.value].final {
			return r.at[m.value]
		}
	}
	return 0
}
