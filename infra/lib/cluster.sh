# Part of infra/up: KEDA, the manifests, and waiting for them.
# shellcheck shell=bash disable=SC2154  # variables are infra/up's

readonly keda_manifest=https://github.com/kedacore/keda/releases/download/v$keda/keda-$keda.yaml
readonly scaling=app.kubernetes.io/component=scaling # on all that KEDA reads

check_keda() {
  if $dry; then
    echo "+ install KEDA $keda, unless the cluster has one: kubectl apply --server-side -f $keda_manifest"
  elif ! "${cluster[@]}" get crd scaledobjects.keda.sh scaledjobs.keda.sh >/dev/null 2>&1; then
    "${cluster[@]}" apply --server-side -f "$keda_manifest"
    "${cluster[@]}" --namespace keda rollout status deployment/keda-operator --timeout=300s
  fi
}

settings_now() { "${space[@]}" get configmaps settings app-settings worker-settings --ignore-not-found -o 'jsonpath={.items[*].data}'; }

# First all but what scales: the managers make the queues when they start, and nothing can be scaled on a queue that is not there.
apply_manifests() {
  local before=''
  if $dry; then
    echo "+ kubectl apply -f - --selector '$scaling' after all else, of:"
    echo "$rendered"
    return
  fi
  before=$(settings_now)
  "${space[@]}" delete job etcd-users --ignore-not-found
  "${cluster[@]}" apply -f - --selector "${scaling/=/!=}" <<<"$rendered"
  if [[ -n $before && $before != "$(settings_now)" ]]; then
    echo "settings have changed: the pods are started again"
    "${space[@]}" rollout restart deployments statefulset/manager
  fi
}

wait_until_ready() {
  run "${space[@]}" rollout status statefulset/etcd --timeout=600s
  run "${space[@]}" wait --for=condition=complete job/etcd-users --timeout=600s
  run "${space[@]}" rollout status statefulset/manager --timeout=600s
  run "${space[@]}" rollout status deployment/api --timeout=600s
  $dry || "${cluster[@]}" apply -f - --selector "$scaling" <<<"$rendered"
}

say_how_to_sign_in() {
  local reach="kubectl ${context:+--context $context }--namespace $namespace"
  cat <<TEXT

The service is up. From this machine:
  $reach port-forward service/api 7071:80 &
  ./mrctl login http://127.0.0.1:7071
The first admin's password (change it):
  $reach get secret access -o 'jsonpath={.data.ADMIN_PASSWORD}' | base64 -d
TEXT
}
