"""From reports to values: what each testcase says, how it is named, which cases it is about."""
