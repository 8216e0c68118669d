# Gets the migguard program: from the buildpack's dist/, by download, or from
# source. Sourced by bash; needs output.sh and platform.sh.

# get_program DIR makes DIR/bin/migguard the program for this machine, and says
# where it came from. What DIR holds from an earlier build is used again if its
# checksum is right. The file appears complete or not at all.
get_program() {
	local dir=$1 arch pin
	arch=$(machine_arch) || {
		no_program
		exit 1
	}
	rm -f "$dir"/bin/.migguard.*
	pin=$(toml_string metadata.download.sha256 "linux-$arch")
	if [ -f "$buildpack_dir/dist/migguard-linux-$arch" ]; then
		from_dist "$dir" "migguard-linux-$arch"
	elif [ -n "$pin" ]; then
		from_download "$dir" "migguard-linux-$arch" "$pin"
	elif command -v go >/dev/null; then
		from_source "$dir"
	else
		die "There is no migguard program to install, so the build stops. This buildpack" \
			"holds none for $arch, pins no checksum of one to download, and there is no Go to build it." \
			"Use a buildpack that \"make dist\" packed (dist/migguard-buildpack.tgz), or put" \
			"heroku/go before this one: heroku buildpacks:add --index 1 heroku/go"
	fi
}

checksum() { sha256sum <"$1" | cut -d ' ' -f 1; }

# has_program DIR SHA256
has_program() { [ -f "$1/bin/migguard" ] && [ "$(checksum "$1/bin/migguard")" = "$2" ]; }

# new_file DIR sets file to a new file, in the folder the program goes to, so
# that moving it there is one rename.
new_file() {
	file=$(mktemp "$1/bin/.migguard.XXXXXX") || die "$1/bin cannot be written to. Nothing was installed."
	scratch+=("$file")
}

# accept FILE DIR moves a checked program into place, if it runs here.
accept() {
	chmod 755 "$1"
	"$1" version >/dev/null || die "The migguard program does not run on this machine ($(uname -m)). Nothing was installed."
	mv -f "$1" "$2/bin/migguard"
}

from_dist() {
	local dir=$1 name=$2 want file
	want=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$buildpack_dir/dist/SHA256SUMS") ||
		die "dist/SHA256SUMS is missing from the buildpack. Nothing was installed. Run \"make dist\" again."
	detail "Using $name of the buildpack"
	if has_program "$dir" "$want"; then
		return
	fi
	new_file "$dir"
	cp "$buildpack_dir/dist/$name" "$file"
	[ "$(checksum "$file")" = "$want" ] ||
		die "dist/$name is not what dist/SHA256SUMS says. Nothing was installed. Run \"make dist\" again."
	accept "$file" "$dir"
}

from_download() {
	local dir=$1 name=$2 want=$3 file url
	if has_program "$dir" "$want"; then
		detail "Using $name from the build cache"
		return
	fi
	url=$(config_var MIGGUARD_DOWNLOAD_URL)
	[ -n "$url" ] || url=$(toml_string metadata.download base-url)
	# What goes into curl's configuration below must not end the string there.
	[[ $url =~ ^https?://[^[:space:]\"\\[:cntrl:]]+$ ]] ||
		die "MIGGUARD_DOWNLOAD_URL, else base-url in buildpack.toml, is no http or https address. Nothing was installed."
	url=${url%/}/$name
	detail "Downloading $(public "$url")"
	new_file "$dir"
	download "$url" "$file"
	[ "$(checksum "$file")" = "$want" ] ||
		die "$(public "$url") has another SHA-256 than buildpack.toml pins:" \
			"  pinned  $want" "  found   $(checksum "$file")" \
			"Nothing was installed. If MIGGUARD_DOWNLOAD_URL names a mirror, put this version's file there."
	accept "$file" "$dir"
}

# public URL prints it without user, password and query.
public() { sed -E 's#//[^/]*@#//#; s#[?].*##' <<<"$1"; }

# download URL FILE ends the build if it does not get the file in time. The
# address goes by stdin: what is in the arguments, every process can see.
download() {
	local seconds errors
	seconds=$(config_var MIGGUARD_DOWNLOAD_TIMEOUT)
	[[ $seconds =~ ^[1-9][0-9]{0,3}$ ]] || seconds=120
	errors=$(printf 'url = "%s"\n' "$1" | curl --config - --output "$2" --fail --location \
		--silent --show-error --proto '=http,https' --connect-timeout 5 --max-time "$seconds" \
		--retry 3 --retry-connrefused --retry-max-time "$seconds" 2>&1) ||
		die "$(public "$1") could not be downloaded:" "$(public "${errors%%$'\n'*}")" \
			"Nothing was installed. Build again, or name a folder that has the file:" \
			"heroku config:set MIGGUARD_DOWNLOAD_URL=https://..."
}

# from_source builds as the Makefile's "build" does.
from_source() {
	local dir=$1 key file log version
	key=$(source_key)
	if [ -f "$dir/source" ] && has_program "$dir" "$(awk -v key="$key" '$1 == key { print $2 }' "$dir/source")"; then
		detail "Using the build cache's program, made of this source"
		return
	fi
	detail "Building from source with $(go version | cut -d ' ' -f 3), which takes minutes"
	version=v$(toml_string buildpack version)
	if [ -e "$buildpack_dir/.git" ]; then
		version=$(git -C "$buildpack_dir" describe --tags --always --dirty 2>/dev/null) || version=v$(toml_string buildpack version)
	fi
	new_file "$dir"
	log=$(mktemp)
	scratch+=("$log")
	(
		cd "$buildpack_dir"
		# The app's own settings are not meant for this module.
		unset GOOS GOARCH
		GOFLAGS='' GOWORK=off CGO_ENABLED=1 go build -trimpath -buildvcs=false -tags netgo,osusergo -ldflags \
			"-s -w -X github.com/migguard/migguard/internal/cli.version=$version -linkmode external -extldflags \"-static\"" \
			-o "$file" ./cmd/migguard
	) >"$log" 2>&1 || {
		tail -n 20 "$log" | sed 's/^/       /' >&2
		die "migguard does not build from source (above). Nothing was installed." \
			"It needs the Go of its go.mod, gcc, and the static C library."
	}
	accept "$file" "$dir"
	printf '%s %s\n' "$key" "$(checksum "$dir/bin/migguard")" >"$dir/source"
}

# source_key prints a checksum of all that a build from source depends on.
source_key() {
	(
		cd "$buildpack_dir" || exit
		go version
		find go.mod go.sum cmd internal -type f ! -name '*_test.go' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
	) | sha256sum | cut -d ' ' -f 1
}
