# Part of infra/up: KEDA, the manifests, and waiting for them.
# shellcheck shell=bash disable=SC2154  # variables are infra/up's

readonly keda_manifest=https://github.com/kedacore/keda/releases/download/v$keda/keda-$keda.yaml
readonly scaling=app.kubernetes.io/component=scaling # on all that KEDA reads

check_keda() {
  if $dry; then
    echo "+ install KEDA $keda, unless the cluster has one: kubectl apply --server-side -f $keda_manifest"
    return
  fi
  ask_keda
  if (($(wc -w <<<"$answer") < 2)); then
    "${cluster[@]}" apply --server-side -f "$keda_manifest"
    "${cluster[@]}" --namespace keda rollout status deployment/keda-operator --timeout=300s
  fi
}

# First all but what scales: the managers make the queues when they start, and nothing can be scaled on a queue that is not there.
apply_manifests() {
  if $dry; then
    echo "+ kubectl apply -f - --selector '$scaling' after all else, of:"
    echo "$rendered"
    return
  fi
  "${space[@]}" delete job etcd-users --ignore-not-found
  "${cluster[@]}" apply -f - --selector "${scaling/=/!=}" <<<"$rendered"
}

apply_scaling() {
  delete_workers_of_the_other_kind
  $dry || "${cluster[@]}" apply -f - --selector "$scaling" <<<"$rendered"
}

# Deployments or Jobs: those that another overlay left would work on beside these. What scales them goes first, or it would start them again.
delete_workers_of_the_other_kind() {
  local kinds=scaledjobs kind
  [[ $rendered != *"kind: ScaledJob"* ]] || kinds='scaledobjects deployments poddisruptionbudgets'
  for kind in $kinds; do
    run "${space[@]}" delete "$kind" mapper reducer --ignore-not-found
  done
}

wait_until_ready() {
  run "${space[@]}" rollout status statefulset/etcd --timeout=600s
  run "${space[@]}" wait --for=condition=complete job/etcd-users --timeout=600s
  run "${space[@]}" rollout status statefulset/manager --timeout=600s
  run "${space[@]}" rollout status deployment/api --timeout=600s
  wait_until_it_serves
}

# A pod's probes are about the pod alone; readyz says whether it reaches etcd, queues and volume. Asked by way of the cluster's API, as the Service has no
# address outside.
wait_until_it_serves() {
  local tries=60 said path=/api/v1/namespaces/$namespace/services/api:http/proxy/api/readyz
  if $dry; then
    echo "+ until it answers, every 2 s: kubectl get --raw $path"
    return
  fi
  until said=$("${cluster[@]}" get --raw "$path" 2>&1); do
    ((--tries > 0)) || fail "the API runs, but cannot serve. Asked at $path it says: $said"
    sleep 2
  done
}

say_how_to_sign_in() {
  local reach="kubectl ${context:+--context $context }--namespace $namespace"
  echo
  if $dry; then
    echo "Then the service would be up. From this machine:"
  else
    echo "The service is up. From this machine:"
  fi
  cat <<TEXT
  $reach port-forward service/api 7071:80 &
  ./mrctl login http://127.0.0.1:7071
The first admin's password (change it):
  $reach get secret access -o 'jsonpath={.data.ADMIN_PASSWORD}' | base64 -d
TEXT
}
