// Command tlogverify checks a whole C2SP tlog-tiles log, in a folder or at a URL, with nothing of the
// gateway's: tree and notes are those of golang.org/x/mod/sumdb, the packages behind Go's checksum database.
//
//	tlogverify -key VKEY [-witness VKEY]... [-quorum N] [-j N] DIR|URL
//
// It opens the checkpoint, hashes every entry of every bundle against the level 0 tile, recomputes every
// higher tile from those beneath it, and computes the root twice: from the entries, and from the tiles by
// tlog.TileHashReader. It prints "ok <size> <root>", or says what does not hold and exits with status 1.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height    = 8
	tileWidth = 1 << height
)

// A fetch reads a file below the log's prefix.
type fetch func(path string) ([]byte, error)

func fromFolder(dir string) fetch {
	return func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path))) }
}

func fromURL(prefix string, connections int) fetch {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	return func(path string) ([]byte, error) {
		resp, err := client.Get(strings.TrimSuffix(prefix, "/") + "/" + path)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, resp.Status)
		}
		return io.ReadAll(resp.Body)
	}
}

// A cosignatureVerifier verifies cosignature/v1 lines (C2SP tlog-cosignature), which package note does not know.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }

func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(v.key, []byte(signed), sig[8:])
}

func newCosignatureVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed witness key")
	}
	hash, err1 := strconv.ParseUint(parts[1], 16, 32)
	key, err2 := base64.StdEncoding.DecodeString(parts[2])
	if err1 != nil || err2 != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("malformed witness key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
		return nil, errors.New("the ID of the witness key is not its own")
	}
	return &cosignatureVerifier{parts[0], uint32(hash), key[1:]}, nil
}

// openCheckpoint returns the tree that the log signed under its own name and enough witnesses cosigned.
func openCheckpoint(msg []byte, logKeys, witnessKeys []string, quorum int) (tlog.Tree, error) {
	var verifiers []note.Verifier
	logs, witnesses := make(map[string]bool), make(map[string]bool)
	for _, vkey := range logKeys {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return tlog.Tree{}, err
		}
		verifiers = append(verifiers, v)
		logs[v.Name()] = true
	}
	for _, vkey := range witnessKeys {
		v, err := newCosignatureVerifier(vkey)
		if err != nil {
			return tlog.Tree{}, err
		}
		verifiers = append(verifiers, v)
		witnesses[v.Name()] = true
	}
	n, err := note.Open(msg, note.VerifierList(verifiers...))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("the checkpoint has too few lines")
	}
	bySelf, cosigned := false, 0
	for _, sig := range n.Sigs {
		if logs[sig.Name] && sig.Name == lines[0] {
			bySelf = true
		}
		if witnesses[sig.Name] {
			cosigned++
		}
	}
	if !bySelf || cosigned < quorum {
		return tlog.Tree{}, fmt.Errorf("signed by the log: %v, cosigned by %d of %d", bySelf, cosigned, quorum)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// path is a tile's path by tlog-tiles: that of package tlog without the height, and "entries" for records.
func path(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height))
	return "tile/" + strings.Replace(p, "data/", "entries/", 1)
}

// A job is one bundle and its tile; row is sent back when it is checked.
type job struct {
	tile tlog.Tile
	row  chan row
}

type row struct {
	hashes []tlog.Hash
	err    error
}

// checkBundle hashes the entries of one bundle and compares them with the level 0 tile.
func checkBundle(get fetch, tile tlog.Tile) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, 0, tile.W)
	entries := tile
	entries.L = -1
	bundle, err := get(path(entries))
	if err != nil {
		return nil, err
	}
	for len(bundle) > 0 {
		if len(bundle) < 2 {
			return nil, fmt.Errorf("%s is cut off", path(entries))
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+n {
			return nil, fmt.Errorf("%s is cut off", path(entries))
		}
		hashes = append(hashes, tlog.RecordHash(bundle[2:2+n]))
		bundle = bundle[2+n:]
	}
	if len(hashes) != tile.W {
		return nil, fmt.Errorf("%s has %d entries", path(entries), len(hashes))
	}
	return hashes, compare(get, tile, hashes)
}

// compare compares a tile, byte for byte, with the hashes that it must hold.
func compare(get fetch, tile tlog.Tile, hashes []tlog.Hash) error {
	data, err := get(path(tile))
	if err != nil {
		return err
	}
	want := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		want = append(want, hashes[i][:]...)
	}
	if !bytes.Equal(data, want) {
		return fmt.Errorf("%s is not the hashes of what is beneath it", path(tile))
	}
	return nil
}

// fold returns the hash over a full row, and over what is left of it at the right edge of the tree.
func fold(hashes []tlog.Hash) tlog.Hash {
	scratch := append([]tlog.Hash(nil), hashes...)
	for len(scratch) > 1 {
		n := 0
		for i := 0; i+1 < len(scratch); i += 2 {
			scratch[n] = tlog.NodeHash(scratch[i], scratch[i+1])
			n++
		}
		if len(scratch)%2 == 1 {
			scratch[n] = scratch[len(scratch)-1]
			n++
		}
		scratch = scratch[:n]
	}
	return scratch[0]
}

// levels holds, for each level of tiles, the row that is not full yet and the number of full tiles before it.
type levels struct {
	get  fetch
	rows [][]tlog.Hash
	done []int64
}

func (l *levels) add(level int, hashes []tlog.Hash, checked bool) error {
	for len(l.rows) <= level {
		l.rows, l.done = append(l.rows, nil), append(l.done, 0)
	}
	l.rows[level] = append(l.rows[level], hashes...)
	if len(l.rows[level]) < tileWidth {
		return nil
	}
	full := l.rows[level]
	if !checked {
		if err := compare(l.get, tlog.Tile{H: height, L: level, N: l.done[level], W: tileWidth}, full); err != nil {
			return err
		}
	}
	above := fold(full)
	l.rows[level] = l.rows[level][:0]
	l.done[level]++
	return l.add(level+1, []tlog.Hash{above}, false)
}

// root compares the partial tiles at the right edge, and returns the root over all rows.
func (l *levels) root() (tlog.Hash, error) {
	var ragged []tlog.Hash
	for level, hashes := range l.rows {
		if level > 0 && len(hashes) > 0 {
			tile := tlog.Tile{H: height, L: level, N: l.done[level], W: len(hashes)}
			if err := compare(l.get, tile, hashes); err != nil {
				return tlog.Hash{}, err
			}
		}
		if all := append(append([]tlog.Hash(nil), hashes...), ragged...); len(all) > 0 {
			ragged = []tlog.Hash{fold(all)}
		}
	}
	if len(ragged) == 0 {
		return sha256.Sum256(nil), nil
	}
	return ragged[0], nil
}

// checkEntries checks every bundle and every tile, and returns the root over the entries.
func checkEntries(get fetch, size int64, workers int) (tlog.Hash, error) {
	jobs, order := make(chan job), make(chan job, 4*workers)
	stop := make(chan struct{})
	defer close(stop)
	for i := 0; i < workers; i++ {
		go func() {
			for j := range jobs {
				hashes, err := checkBundle(get, j.tile)
				j.row <- row{hashes, err}
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(jobs)
		for n := int64(0); n*tileWidth < size; n++ {
			w := int64(tileWidth)
			if rest := size - n*tileWidth; rest < w {
				w = rest
			}
			j := job{tlog.Tile{H: height, L: 0, N: n, W: int(w)}, make(chan row, 1)}
			select {
			case order <- j:
			case <-stop:
				return
			}
			select {
			case jobs <- j:
			case <-stop:
				return
			}
		}
	}()
	l := &levels{get: get}
	for j := range order {
		r := <-j.row
		if r.err != nil {
			return tlog.Hash{}, r.err
		}
		if err := l.add(0, r.hashes, true); err != nil {
			return tlog.Hash{}, err
		}
	}
	return l.root()
}

// A tileReader reads tiles for tlog.TileHashReader.
type tileReader struct{ get fetch }

func (r tileReader) Height() int                     { return height }
func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		var err error
		if data[i], err = r.get(path(t)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func verify(get fetch, logKeys, witnessKeys []string, quorum, workers int) (tlog.Tree, error) {
	msg, err := get("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	tree, err := openCheckpoint(msg, logKeys, witnessKeys, quorum)
	if err != nil {
		return tree, err
	}
	root, err := checkEntries(get, tree.N, workers)
	if err != nil {
		return tree, err
	}
	if root != tree.Hash {
		return tree, errors.New("the entries do not give the root of the checkpoint")
	}
	if tree.N > 0 { // package tlog has no hash of an empty tree before Go 1.21
		if root, err = tlog.TreeHash(tree.N, tlog.TileHashReader(tree, tileReader{get})); err != nil {
			return tree, err
		}
		if root != tree.Hash {
			return tree, errors.New("the tiles do not give the root of the checkpoint")
		}
	}
	return tree, nil
}

type list []string

func (l *list) String() string         { return strings.Join(*l, " ") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

func main() {
	var keys, witnesses list
	flag.Var(&keys, "key", "verifier key of the log; repeat it after a rotation")
	flag.Var(&witnesses, "witness", "verifier key of a witness (cosignature/v1)")
	quorum := flag.Int("quorum", 0, "how many witnesses must have cosigned")
	workers := flag.Int("j", runtime.NumCPU(), "how many bundles are checked at a time")
	flag.Parse()
	if flag.NArg() != 1 || len(keys) == 0 {
		fmt.Fprintln(os.Stderr, "usage: tlogverify -key VKEY [-witness VKEY]... [-quorum N] [-j N] DIR|URL")
		os.Exit(2)
	}
	get := fromFolder(flag.Arg(0))
	if strings.Contains(flag.Arg(0), "://") {
		get = fromURL(flag.Arg(0), *workers)
	}
	tree, err := verify(get, keys, witnesses, *quorum, *workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "does not hold:", err)
		os.Exit(1)
	}
	fmt.Printf("ok %d %s\n", tree.N, tree.Hash)
}
