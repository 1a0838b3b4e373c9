def before_scenario(context, scenario):  # noqa: ARG001 (behave's signature)
    """Write the tag @jama:PUMP-TC-1 as a property into the output that the report keeps."""
    for tag in scenario.effective_tags:
        if tag.startswith("jama:"):
            print(f"[[PROPERTY|{tag.replace(':', '=')}]]")
    if "skip" in scenario.effective_tags:
        scenario.skip("needs a badge reader")
