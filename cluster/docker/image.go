package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"debug/elf"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/splitvote/splitvote/cluster"
)

//go:embed Dockerfile
var dockerfile []byte

// repository holds the images of our own binary, one a content: splitvote:<hash>.
const repository = "splitvote"

// machines says which ELF machine an engine's architecture is, and what Go calls it.
var machines = map[string]struct {
	elf    elf.Machine
	goarch string
}{
	"x86_64":  {elf.EM_X86_64, "amd64"},
	"aarch64": {elf.EM_AARCH64, "arm64"},
	"arm64":   {elf.EM_AARCH64, "arm64"},
	"armv7l":  {elf.EM_ARM, "arm"},
	"ppc64le": {elf.EM_PPC64, "ppc64le"},
	"s390x":   {elf.EM_S390, "s390x"},
	"riscv64": {elf.EM_RISCV, "riscv64"},
}

// executable checks the file that the image is to be made of; "" is our own.
func (e *engine) executable(ctx context.Context, path string) (string, error) {
	if path == "" {
		own, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("docker: find our own executable: %w", err)
		}
		path = own
	}
	info, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return "", fmt.Errorf("docker: %w", cause(err))
	}
	return path, static(path, info.Info.Architecture)
}

// image returns the image of an executable, built unless the engine has it.
func (e *engine) image(ctx context.Context, executable string) (string, error) {
	path, err := e.executable(ctx, executable)
	if err != nil {
		return "", err
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("docker: read the executable: %w", err)
	}
	tag := contentTag(binary)
	name := repository + ":" + tag
	switch _, err := e.api.ImageInspect(ctx, name); {
	case err == nil:
		return name, nil
	case !errdefs.IsNotFound(err):
		return "", fmt.Errorf("docker: inspect image %s: %w", name, cause(err))
	}
	archive, err := buildContext(binary)
	if err != nil {
		return "", fmt.Errorf("docker: pack the image: %w", err)
	}
	_, err = e.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(archive), Repo: repository, Tag: tag, KeepImage: true,
	}})
	if err != nil {
		return "", fmt.Errorf("docker: build image %s: %w", name, cause(err))
	}
	return name, nil
}

// contentTag names an image by what it is made of.
func contentTag(binary []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(slices.Concat(binary, dockerfile)))[:16]
}

// pullLimit is how long the engine may take to fetch an image that it does not have.
const pullLimit = 5 * time.Minute

// imageOf returns the image of a launch, which the engine then has.
func (c *Cluster) imageOf(ctx context.Context, l cluster.Launch) (string, error) {
	if l.Image == "" {
		return c.image, nil
	}
	switch _, err := c.engine.api.ImageInspect(ctx, l.Image); {
	case err == nil:
		return l.Image, nil
	case !errdefs.IsNotFound(err):
		return "", fmt.Errorf("docker: inspect image %s: %w", l.Image, cause(err))
	}
	c.say("pulling %s", l.Image)
	ctx, cancel := context.WithTimeout(ctx, pullLimit)
	defer cancel()
	pulling, err := c.engine.api.ImagePull(ctx, l.Image, client.ImagePullOptions{})
	if err == nil {
		err = pulling.Wait(ctx)
	}
	if err != nil {
		return "", &Error{fmt.Errorf("docker: pull %s: %w", l.Image, cause(err)),
			"docker pull or docker load brings an image to the engine"}
	}
	return l.Image, nil
}

// static refuses an executable that an empty image of the engine's architecture cannot run.
func static(path, architecture string) error {
	m, known := machines[architecture]
	refuse := func(why string) error {
		return &Error{fmt.Errorf("docker: %s cannot be a container's only file: %s", path, why),
			fmt.Sprintf("CGO_ENABLED=0 GOOS=linux GOARCH=%s go build -o splitvote ./cmd/splitvote", m.goarch)}
	}
	f, err := elf.Open(path)
	if err != nil {
		return refuse("it is no Linux executable")
	}
	defer f.Close()
	if known && f.Machine != m.elf {
		return refuse(fmt.Sprintf("it is of %v, the engine of %v", f.Machine, m.elf))
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return refuse("it is dynamically linked")
		}
	}
	return nil
}

func buildContext(binary []byte) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range []struct {
		name string
		mode int64
		data []byte
	}{{"Dockerfile", 0o644, dockerfile}, {"splitvote", 0o755, binary}} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
