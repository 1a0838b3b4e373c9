module acme.example/pump/dose

go 1.19
