# Part of infra/up and infra/down: asks the cluster what is there.
# shellcheck shell=bash disable=SC2154  # space and fail are those of the script that reads this

# ask KUBECTL get …: what is there of it, in $answer: a name a line. A call that fails ends the script: then nobody knows what is there, and nothing is replaced on a guess.
ask() {
  answer=$("$@" --ignore-not-found -o name) ||
    fail "kubectl did not say what is there (its own words are above; it was asked: $*). Nothing was replaced on a guess. Mend that and run this again"
}

# missing KIND NAME: whether the namespace lacks it.
missing() {
  ask "${space[@]}" get "$1" "$2"
  [[ -z $answer ]]
}

# ask_keda: the kinds of KEDA that the cluster knows, in $answer.
ask_keda() { ask "${cluster[@]}" get crd scaledobjects.keda.sh scaledjobs.keda.sh; }
