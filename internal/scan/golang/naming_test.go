package golang

import "testing"

// TestNaming: what gorm.io/gorm/schema.NamingStrategy{} of GORM 1.31 gave.
func TestNaming(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"User": {"users", "user"}, "HTTPServer": {"http_servers", "http_server"}, "OAuth2Token": {"o_auth2_tokens", "o_auth2_token"},
		"UserID": {"user_ids", "user_id"}, "UUID": {"uuids", "uuid"}, "APIKey": {"api_keys", "api_key"}, "JSONData": {"json_data", "json_data"},
		"IPAddress": {"ip_addresses", "ip_address"}, "Person": {"people", "person"}, "UserV2": {"user_v2", "user_v2"}, "URLs": {"urls", "urls"},
		"MyURLs": {"my_urls", "my_urls"}, "X": {"xes", "x"}, "SKUCode": {"sku_codes", "sku_code"}, "User_Name": {"user_names", "user_name"},
		"Status": {"statuses", "status"}, "AB": {"abs", "ab"}, "ABc": {"a_bcs", "a_bc"}, "a1B": {"a1_bs", "a1_b"}, "Foo9Bar": {"foo9_bars", "foo9_bar"},
		"HTML5Page": {"html5_pages", "html5_page"}, "userSSHKeys": {"user_ssh_keys", "user_ssh_keys"},
	} {
		if got := [2]string{(*naming)(nil).table("", name), snake(name)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
