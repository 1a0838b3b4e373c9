"""How the API speaks HTTP: who calls, what was asked, how the answer looks."""
