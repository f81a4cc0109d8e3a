# Part of infra/up: generates what is secret, once. What is in the cluster already is kept; docs/operations.md says how to rotate it.
# Secrets go through pipes and a folder of mode 700, never through arguments.
# shellcheck shell=bash disable=SC2154  # variables are infra/up's

random() { openssl rand -base64 "$1" | tr -d '\n'; }
password() { openssl rand -hex 24; }

# secret NAME FUNCTION: makes the Secret NAME of the NAME=VALUE lines that the function prints. None is made where openssl fails.
secret() {
  if $dry; then
    echo "+ create secret $1, unless it is there"
  elif missing secret "$1"; then
    local lines
    lines=$("$2") || fail "openssl could not make what the Secret '$1' holds"
    "${space[@]}" create secret generic "$1" --from-env-file=/dev/stdin <<<"$lines"
  fi
}

access() {
  local key admin metrics
  key=$(random 32) && admin=$(password) && metrics=$(password) || return
  printf '%s\n' "KEY_ENCRYPTION_KEY=$key" "ADMIN_PASSWORD=$admin" "METRICS_TOKEN=$metrics"
}

etcd_users() {
  local of_root of_app of_worker
  of_root=$(password) && of_app=$(password) && of_worker=$(password) || return
  printf '%s\n' "root=$of_root" "app=$of_app" "worker=$of_worker"
}

# Of the account in the cluster. KEDA asks from another namespace: hence the long name.
storage() {
  local key host=azurite.$namespace.svc
  key=$(random 64) || return
  echo "AZURITE_ACCOUNTS=$namespace:$key"
  echo "AzureWebJobsStorage=DefaultEndpointsProtocol=http;AccountName=$namespace;AccountKey=$key;BlobEndpoint=http://$host:10000/$namespace;QueueEndpoint=http://$host:10001/$namespace;"
}

# An authority, whose key is thrown away, and one certificate for all members. One of the two alone is never replaced: etcd's members and
# all who call them would part.
etcd_certificates() {
  local lacking=()
  if $dry; then
    echo "+ create secret etcd-tls and configmap etcd-ca, unless they are there"
    return
  fi
  if missing secret etcd-tls; then lacking+=("the Secret etcd-tls"); fi
  if missing configmap etcd-ca; then lacking+=("the ConfigMap etcd-ca"); fi
  case ${#lacking[@]} in
    2) new_etcd_certificates ;;
    1) fail "${lacking[0]} is missing, while the other one of the Secret etcd-tls and the ConfigMap etcd-ca is there: they are made together." \
      "Put it back (the key ca.crt is the same in both) and run this again; or, to have new ones, infra/down, delete the other one too, infra/up" ;;
  esac
}

new_etcd_certificates() (
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  names=DNS:localhost,IP:127.0.0.1
  for member in etcd-0 etcd-1 etcd-2; do
    names+=,DNS:$member.etcd,DNS:$member.etcd.$namespace.svc,DNS:$member.etcd.$namespace.svc.cluster.local
  done
  make_certificates "$folder" "$names"
  "${space[@]}" create secret generic etcd-tls --from-file="$folder/ca.crt" --from-file="$folder/server.crt" --from-file="$folder/server.key"
  "${space[@]}" create configmap etcd-ca --from-file="$folder/ca.crt"
)

# make_certificates FOLDER NAMES: ca.crt, server.crt and server.key, good for ten years.
make_certificates() {
  (
    cd "$1"
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=katanemimena-etcd-authority \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.crt
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=etcd -keyout server.key -out server.csr
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n' "$2" >extensions
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile extensions -out server.crt
    rm ca.key server.csr extensions
  ) 2>/dev/null || fail "openssl could not make etcd's certificates"
}

make_secrets() {
  secret access access
  secret etcd-users etcd_users
  if [[ $rendered == *"name: azurite"* ]]; then
    secret storage storage
  fi
  etcd_certificates
}
