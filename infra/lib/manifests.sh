# Part of infra/up: the overlay's manifests, with what only infra/up knows: names of images, and what pods have read when they started.
# shellcheck shell=bash disable=SC2154  # variables are infra/up's

manifests() {
  kubectl kustomize "$here/k8s/overlays/$overlay" 2> >(grep -v '^# Warning:.*is deprecated' >&2) | with_images | with_settings
}

# Without a registry images are on the node, and of that name there may be somebody else's on the net: they are never fetched.
with_images() {
  local plain=() policy=''
  if $plain_images; then
    plain=(-e 's,^\( *[- ] image: katanemimena/functions\):,\1-plain:,' -e 's,^\( *[- ] image: katanemimena/worker\):,\1-plain:,')
  fi
  [[ -n $registry ]] || policy=$'\\\n\\1  imagePullPolicy: Never'
  sed ${plain[@]+"${plain[@]}"} -e "s,^\( *\)\([- ] \)image: \(katanemimena/[a-z-]*\):.*,\1\2image: ${registry:+$registry/}\3:$tag$policy,"
}

# Pods read ConfigMaps when they start. So every template says of what its ConfigMaps are: where one changes its pods change, and are replaced.
with_settings() {
  local all document='' line
  all=$(cat)
  while IFS= read -r line; do
    if [[ $line == --- ]]; then
      with_digest "$document"
      echo ---
      document=''
    else
      document+=$line$'\n'
    fi
  done <<<"$all"
  with_digest "$document"
}

# with_digest DOCUMENT: prints it; reads all of them from $all.
with_digest() {
  local names digest
  names=$(config_maps_of <<<"$1" | sort -u)
  if [[ -z $names ]]; then
    printf %s "$1"
    return
  fi
  digest=$(for name in $names; do config_map "$name" <<<"$all"; done | openssl dgst -sha256 -r | cut -c 1-16) || exit 1
  awk -v digest="$digest" '
    metadata {
      if ($1 == "annotations:") print; else print indent "annotations:"
      print indent "  katanemimena/settings: \"" digest "\""
      if ($1 != "annotations:") print
      metadata = 0
      next
    }
    { print }
    template && $1 == "metadata:" { metadata = 1; indent = substr($0, 1, match($0, /m/) - 1) "  " }
    { template = /^ *template:$/ }' < <(printf %s "$1")
}

# The names of ConfigMaps that pods of a document read: as variables, one variable or a volume.
config_maps_of() {
  awk '
    { indent = match($0, /[^ -]/) }
    reference && indent <= reference { reference = 0 }
    /configMap(Ref|KeyRef)?:$/ { reference = indent }
    reference && $1 == "name:" { print $2 }'
}

# config_map NAME: its document, of many.
config_map() {
  awk -v name="$1" '
    function end() { if (is_map && is_named) printf "%s", text; text = ""; is_map = is_named = 0 }
    $0 == "---" { end(); next }
    { text = text $0 "\n" }
    $0 == "kind: ConfigMap" { is_map = 1 }
    $0 == "  name: " name { is_named = 1 }
    END { end() }'
}
