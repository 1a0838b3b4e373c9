#!/usr/bin/env bats

@test "installer checks its checksum [PUMP-TC-1]" {
  run sh -c "echo pump | sha256sum"
  [ "$status" -eq 0 ]
}

@test "installer asks for an administrator [PUMP-TC-2]" {
  run sh -c "echo 'who are you?'; exit 1"
  [ "$status" -eq 0 ]
}

@test "installer leaves the log behind" {
  skip "no installed pump on this bench"
}
