"""The stated minimum Rust version: not above the toolchain in use, and not below what any dependency asks for."""
import json
import re
import subprocess
import sys


def version(text):
    return tuple(int(part) for part in (text.split(".") + ["0", "0"])[:3])


metadata = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
ours = next(package for package in metadata["packages"] if package["id"] in metadata["workspace_members"])
stated = version(ours["rust_version"])
tool = version(re.match(r"rustc ([\d.]+)", subprocess.check_output(["rustc", "--version"], text=True)).group(1))
above = [p["name"] for p in metadata["packages"] if p["rust_version"] and version(p["rust_version"]) > stated]
print(f"stated {ours['rust_version']}, built with {'.'.join(map(str, tool))}, {len(metadata['packages'])} packages")
if tool < stated or above:
    sys.exit(f"the stated version does not hold: toolchain {tool}, dependencies that ask for more: {above}")
if tool[:2] != stated[:2]:
    print("note: this toolchain is newer than the stated version, so only the dependencies' own statements were checked")
