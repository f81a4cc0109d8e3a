# Part of infra/up: builds the images that the manifests name, and brings them where the cluster finds them.
# shellcheck shell=bash disable=SC2154  # variables are infra/up's

# The targets of infra/docker/Dockerfile that the manifests need.
targets() { sed -n 's,^ *\(- \)\{0\,1\}image: .*katanemimena/\([a-z-]*\):.*,\2,p' <<<"$rendered" | sort -u; }

# A digest of all that the images are built of: what .dockerignore lets through, and the Dockerfile. So another image has another name, and pods of the
# old one are replaced; and the same sources have the same one, and nothing is started again.
content_tag() (
  cd "$root"
  {
    echo infra/docker/Dockerfile
    sed -n 's/^!//p' .dockerignore | while IFS= read -r path; do
      find "$path" \( -name bin -o -name obj \) -prune -o -type f ! -name local.settings.json -print
    done
  } | LC_ALL=C sort | tr '\n' '\0' | xargs -0 openssl dgst -sha256 -r | openssl dgst -sha256 -r | cut -c 1-12
)

# Without a registry only kind and minikube have what is built here.
check_registry() {
  [[ -n $registry || $context == kind-* || $context == minikube || $context == minikube-* || (-z $context && $dry == true) ]] ||
    refuse "the context '$context' is neither kind nor minikube: give a --registry that the cluster can fetch images from"
}

build_images() {
  local target image
  $dry || command -v docker >/dev/null || fail "docker is missing; install it, or give --skip-build where the images are there already"
  case $context in
    minikube | minikube-*)
      $dry || command -v minikube >/dev/null || fail "minikube is missing, which the context '$context' is of"
      # The builder inside the node: what it builds is there already.
      if $dry; then
        echo "+ eval \"\$(minikube -p $context docker-env)\""
      else
        eval "$(minikube -p "$context" docker-env)"
      fi
      ;;
    kind-*) $dry || [[ -n $registry ]] || command -v kind >/dev/null || fail "kind is missing, which the context '$context' is of" ;;
  esac

  for target in $(targets); do
    image=${registry:+$registry/}katanemimena/$target:$tag
    run env DOCKER_BUILDKIT=1 docker build --file "$here/docker/Dockerfile" --target "$target" --tag "$image" "$root"
    if [[ -n $registry ]]; then
      run docker push "$image"
    elif [[ $context == kind-* ]]; then
      run kind load docker-image --name "${context#kind-}" "$image"
    fi
  done
}
