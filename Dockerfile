# The published image: the static binary and nothing else. goreleaser lays a binary a platform beside this file, as
# linux/amd64/splitvote; "make image" does the same for this machine's. Runs are written to /work.
FROM scratch
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/splitvote /splitvote
WORKDIR /work
ENTRYPOINT ["/splitvote"]
