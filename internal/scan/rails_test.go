package scan_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestRailsTables: which table a model stands for.
func TestRailsTables(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ source, want string }{
		"plain":         {`class TimeEntry < ApplicationRecord; end`, "time_entries TimeEntry"},
		"base":          {`class Person < ActiveRecord::Base; end`, "people Person"},
		"top base":      {`class Person < ::ActiveRecord::Base; end`, "people Person"},
		"no model":      {`class Person; include ActiveModel::Model; end`, ""},
		"namespace":     {`module Admin; class Role < ApplicationRecord; end; end`, "roles Admin::Role"},
		"colons":        {`class Admin::Role < ApplicationRecord; end`, "roles Admin::Role"},
		"prefix method": {`module Admin; def self.table_name_prefix; "admin_"; end; class Role < ApplicationRecord; end; end`, "admin_roles Admin::Role"},
		"prefix short":  {`module Admin; def self.table_name_prefix = "admin_"; end; class Admin::Role < ApplicationRecord; end`, "admin_roles Admin::Role"},
		"engine":        {`module Spree; class Engine < ::Rails::Engine; isolate_namespace Spree; end; class Order < ApplicationRecord; end; end`, "spree_orders Spree::Order"},
		"in a model":    {`class User < ApplicationRecord; class EmailUpdate < ApplicationRecord; end; end`, "user_email_updates User::EmailUpdate; users User"},
		"own prefix in a model loses": {`class User < ApplicationRecord; class Mail < ApplicationRecord; self.table_name_prefix = "x_"; end; end`,
			"user_mails User::Mail; users User"},
		"own prefix":      {`class Mail < ApplicationRecord; self.table_name_prefix = "x_"; end`, "x_mails Mail"},
		"explicit":        {`class Mail < ApplicationRecord; self.table_name = "letters"; end`, "letters Mail"},
		"explicit symbol": {`class Mail < ApplicationRecord; self.table_name = :letters; end`, "letters Mail"},
		"explicit frozen": {`class Mail < ApplicationRecord; self.table_name = 'letters'.freeze; end`, "letters Mail"},
		"explicit method": {`class Mail < ApplicationRecord; def self.table_name; "letters"; end; end`, "letters Mail"},
		"explicit class method": {`class Mail < ApplicationRecord; class << self; def table_name = "letters"; end; end`,
			"letters Mail"},
		"with prefix":   {`class Mail < ApplicationRecord; self.table_name = "#{table_name_prefix}letters#{table_name_suffix}"; end`, "letters Mail"},
		"schema":        {`class Mail < ApplicationRecord; self.table_name = "post.letters"; end`, "post.letters Mail"},
		"condition":     {`class Mail < ApplicationRecord; self.table_name = "letters" if ENV["X"]; end`, "letters Mail; mails Mail"},
		"abstract":      {`class Base < ApplicationRecord; self.abstract_class = true; end; class Mail < Base; end`, "mails Mail"},
		"primary":       {`class MyRecord < ActiveRecord::Base; primary_abstract_class; end; class Mail < MyRecord; end`, "mails Mail"},
		"abstract name": {`class Base < ApplicationRecord; self.abstract_class = true; self.table_name = "things"; end; class Mail < Base; end`, "things Mail"},
		"sti":           {`class Mail < ApplicationRecord; end; class Letter < Mail; end; class Card < Letter; end`, "mails Card Letter Mail"},
		"sti own table": {`class Mail < ApplicationRecord; end; class Letter < Mail; self.table_name = "letters"; end`, "letters Letter; mails Mail"},
		"order":         {`class Letter < Mail; end; class Mail < ApplicationRecord; end`, "mails Letter Mail"},
		"by scope": {`module A; class Mail < ApplicationRecord; self.table_name = "a_mails"; end; class Letter < Mail; end; end
			class Mail; end`, "a_mails A::Letter A::Mail"},
		"class new":   {`Mail = Class.new(ApplicationRecord) do self.table_name = "letters" end`, "letters Mail"},
		"concern":     {`module Posted; extend ActiveSupport::Concern; included do self.table_name = "letters" end; end; class Mail < ApplicationRecord; include Posted; end`, "letters Mail"},
		"hook":        {`module Posted; def self.included(base); base.table_name = "letters"; end; end; class Mail < ApplicationRecord; include Posted; end`, "letters Mail"},
		"habtm":       {`class Tag < ApplicationRecord; end; class Mail < ApplicationRecord; has_and_belongs_to_many :tags; end`, "mails Mail; mails_tags has_and_belongs_to_many_:tags_of_Mail; tags Tag"},
		"habtm named": {`class Mail < ApplicationRecord; has_and_belongs_to_many :tags, join_table: :labels; end`, "labels has_and_belongs_to_many_:tags_of_Mail; mails Mail"},
		"habtm old":   {`class Mail < ApplicationRecord; has_and_belongs_to_many :tags, :join_table => "#{table_name_prefix}labels"; end`, "labels has_and_belongs_to_many_:tags_of_Mail; mails Mail"},
		"habtm class": {`class Label < ApplicationRecord; self.table_name = "mail_labels"; end; class Mail < ApplicationRecord; self.table_name = "mail_boxes"; has_and_belongs_to_many :tags, class_name: "Label"; end`,
			"mail_boxes Mail; mail_boxes_labels has_and_belongs_to_many_:Label_of_Mail; mail_labels Label"},
		"commented": {"# class Mail < ApplicationRecord; end\n=begin\nclass Mail < ApplicationRecord; end\n=end\n", ""},
		"migration": {`class AddX < ActiveRecord::Migration[7.0]; def change; end; end`, ""},
	} {
		c := tree(t, map[string]string{"app/models/all.rb": tt.source})
		if got := tables(c); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tt.want)
		}
		for _, g := range c.Gaps {
			if g.Reach != contract.Unclaimed {
				t.Errorf("%s: %+v", name, g)
			}
		}
	}
}

func TestRailsInflections(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{
		"app/models/oauth_staff.rb": "class OAuthToken < ApplicationRecord; end; class Staff < ApplicationRecord; end; class Cow < ApplicationRecord; end",
		"config/initializers/inflections.rb": `ActiveSupport::Inflector.inflections(:en) do |inflect|
			inflect.acronym "OAuth"
			inflect.uncountable %w[staff]
			inflect.irregular 'cow', 'kine'
			# inflect.irregular "cow", "cattle"
		end`,
		"config/application.rb": `class Application < Rails::Application; config.active_record.table_name_prefix = "x_"; end`,
	})
	if got := tables(c); got != "x_kine Cow; x_oauth_tokens OAuthToken; x_staff Staff" {
		t.Error(got)
	}
	c = tree(t, map[string]string{
		"app/models/cow.rb":                  "class Cow < ApplicationRecord; self.ignored_columns += [:notes]; end",
		"config/initializers/inflections.rb": `ActiveSupport::Inflector.inflections { |inflect| inflect.plural(rule, other) }`,
	})
	expect(t, c, map[string]contract.Verdict{"kine": contract.Unknown})
}

// TestRailsIgnored: notes of mails is what only an ignored column may be.
func TestRailsIgnored(t *testing.T) {
	t.Parallel()
	const mail = "class Mail < ApplicationRecord\n"
	for source, want := range map[string]contract.Verdict{
		`self.ignored_columns += ["notes"]`:                                                                          contract.No,
		`self.ignored_columns += [:notes, :other]`:                                                                   contract.No,
		`self.ignored_columns = %w[notes other]`:                                                                     contract.No,
		"self.ignored_columns = %w(\n  other\n  notes\n).freeze":                                                     contract.No,
		`self.ignored_columns += %i[notes]`:                                                                          contract.No,
		`self.ignored_columns = [:other] + ["notes".freeze]`:                                                         contract.No,
		"OLD = %w[notes].freeze\nself.ignored_columns += OLD":                                                        contract.No,
		"OLD = %i[notes]\nself.ignored_columns = [*OLD, :other].map(&:to_s)":                                         contract.No,
		`self.ignored_columns = super + [:notes]`:                                                                    contract.No,
		`self.ignored_columns = ignored_columns + [:notes]`:                                                          contract.No,
		`def self.ignored_columns = %w[notes]`:                                                                       contract.No,
		"def self.ignored_columns\n super + [:notes]\nend":                                                           contract.No,
		"class << self\n def ignored_columns\n [:notes]\n end\nend":                                                  contract.No,
		`ignore_column :notes, remove_with: '17.8', remove_after: '2024-12-22'`:                                      contract.No,
		`ignore_columns %i[notes other], remove_with: '17.8'`:                                                        contract.No,
		`def self.columns; super.reject { |c| c.name == "notes" }; end`:                                              contract.No,
		`def self.columns; super.reject { |c| c.name.to_s == "notes" || c.name == "b" }; end`:                        contract.No,
		`def self.columns; super.reject { |column| %w[notes b].include?(column.name) }; end`:                         contract.No,
		"class << self\n def columns\n super.reject do |c| c.name == 'notes' end\n end\nend":                         contract.No,
		`self.only_columns = [:id, :subject]`:                                                                        contract.No,
		"include Old":                                                                                                contract.No,
		"include Hooked":                                                                                             contract.No,
		"":                                                                                                           contract.Yes,
		`# self.ignored_columns += ["notes"]`:                                                                        contract.Yes,
		`self.ignored_columns += ["other"]`:                                                                          contract.Yes,
		`self.ignored_columns += ["notes"] if Rails.env.test?`:                                                       contract.Yes,
		"if ENV['X']\nself.ignored_columns += ['notes']\nend":                                                        contract.Yes,
		`self.ignored_columns += UNKNOWN`:                                                                            contract.Yes,
		`self.ignored_columns += compute(:notes)`:                                                                    contract.Yes,
		`self.ignored_columns += ["note" + suffix]`:                                                                  contract.Yes,
		"self.ignored_columns = [:notes]\nself.ignored_columns = [:other]":                                           contract.Yes,
		"self.ignored_columns = [:notes]\nself.ignored_columns -= [:notes]":                                          contract.Yes,
		"self.ignored_columns = [:notes]\nself.ignored_columns.delete('notes')":                                      contract.Yes,
		"self.ignored_columns = [:notes]\nself.ignored_columns = [] if ENV['X']":                                     contract.Yes,
		`def self.columns; super.reject { |c| c.name == "notes" && x }; end`:                                         contract.Yes,
		`def self.columns; super.select { |c| c.name == "notes" }; end`:                                              contract.Yes,
		`def self.ignored_columns; x ? [:notes] : []; end`:                                                           contract.Yes,
		"def unignore; self.class.ignored_columns; end":                                                              contract.Yes,
		"self.ignored_columns += [:notes]\ninclude Sets":                                                             contract.Yes,
		"include Sets\nself.ignored_columns += [:notes]":                                                             contract.Yes,
		"self.ignored_columns = [:notes, :other]\ninclude Sets":                                                      contract.Yes,
		"self.ignored_columns += [:notes]\ninclude Sets if ENV['X']":                                                 contract.Yes,
		"self.ignored_columns += [:notes]\nend\nclass Box < ApplicationRecord\nhas_many :mails, foreign_key: :notes": contract.Unknown,
		"self.ignored_columns += [:notes]\nvalidates_uniqueness_of :subject, scope: [:notes]":                        contract.Unknown,
		"self.ignored_columns += [:notes]\nattr_accessor :notes\ndef x; t('notes'); end":                             contract.Unknown,
		"self.ignored_columns += [:notes]\nBY = :notes\ndef x; Mail.where(BY => 1); end":                             contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; Mail.from('mails m').pluck('m.notes'); end":                        contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; Box.joins('JOIN mails m ON m.id = box').select('m.notes'); end":    contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; Box.joins('JOIN mails m ON m.id = box').select('m.*'); end":        contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; Box.joins(:mails).select('mails.*'); end":                          contract.Yes,
		"self.ignored_columns += [:notes]\nend\nclass Box < ApplicationRecord\ndef x; Box.where(notes: 1); end":      contract.Unknown,
		"include Old if ENV['X']":                                                                                    contract.Yes,
		"def self.setup; self.ignored_columns += [:notes]; end":                                                      contract.Yes,
		"feature(:x) { self.ignored_columns += [:notes] }":                                                           contract.Yes,
		"end\nMail.ignored_columns += [:notes]\nif true":                                                             contract.No,
		"self.ignored_columns += [:notes]\nend\nMail.ignored_columns -= [:notes]\nif true":                           contract.Yes,
		"self.ignored_columns += [:notes]\nend\nMail.ignored_columns = []\nif true":                                  contract.Yes,
		"end\nif ENV['X']\nclass Mail\nself.ignored_columns += [:notes]\nend":                                        contract.Yes,
		"end\nif ENV['X']\nMail.class_eval do\nself.ignored_columns += [:notes]\nend":                                contract.Yes,
		"end\nMail.class_eval do\nself.ignored_columns += [:notes]":                                                  contract.No,
		"self.ignored_columns += [:notes]\nscope :a, -> { where(\"notes = 1\") }":                                    contract.Yes,
		"self.ignored_columns += [:notes]\nscope :a, -> { where(notes: 1) }":                                         contract.Yes,
		"self.ignored_columns += [:notes]\ndef x; Mail.order(:notes); end":                                           contract.Yes,
		"self.ignored_columns += [:notes]\ndef x; Mail.find_by_sql('SELECT notes FROM mails'); end":                  contract.Yes,
		"self.ignored_columns += [:notes]\ndef x; Other.joins('JOIN mails m ON m.notes = 1'); end":                   contract.Yes,
		"self.ignored_columns += [:notes]\ndef x; foo.bar.where(notes: 1); end":                                      contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; foo.bar.where('notes > 1'); end":                                   contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; foo.execute(sql); end":                                             contract.No,
		"self.ignored_columns += [:notes]\ndef x; foo.execute(sql); y(:notes); end":                                  contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; \"SELECT #{a} FROM mails\"; end":                                   contract.No,
		"self.ignored_columns += [:notes]\ndef x; \"SELECT #{a} FROM mails\"; %w[notes]; end":                        contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; foo.execute(sql); \"#{a}tes\"; end":                                contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; foo.execute(sql); \"no#{a}\"; end":                                 contract.Unknown,
		"self.ignored_columns += [:notes]\ndef x; exec <<~SQL\n UPDATE mails SET notes = 1\nSQL\nend":                contract.Yes,
	} {
		c := tree(t, map[string]string{
			"app/models/mail.rb":          mail + source + "\nend\n",
			"app/models/concerns/old.rb":  "module Old\nextend ActiveSupport::Concern\nincluded do\nself.ignored_columns += [:notes]\nend\nend",
			"app/models/concerns/hook.rb": "module Hooked\ndef self.included(klass)\nklass.ignored_columns += [:notes]\nend\nend",
			"app/models/concerns/sets.rb": "module Sets\nextend ActiveSupport::Concern\nincluded do\nself.ignored_columns = [:else]\nend\nend",
			"spec/models/mail_spec.rb":    "Mail.where(notes: 1)",
			"db/migrate/1_x.rb":           "class X < ActiveRecord::Migration[7.0]; class Mail < ApplicationRecord; end; end",
			"db/schema.rb":                `create_table "mails" do |t| t.string :notes end`,
		})
		got := c.Column(contract.Name{Name: "mails"}, "notes", contract.AnyWay)
		if got.Verdict != want {
			t.Errorf("%s\n%s, want %s: %+v", source, got.Verdict, want, got.Reasons)
		}
	}
}

// TestRailsForeignKeys: an association is a query on a column by convention,
// though the model at its other end ignores it.
func TestRailsForeignKeys(t *testing.T) {
	t.Parallel()
	for association, want := range map[string]contract.Verdict{
		"class MailBox < ApplicationRecord; has_many :mails; end":             contract.Unknown,
		"class A < ApplicationRecord; belongs_to :mail_box; end":              contract.Unknown,
		"class A < ApplicationRecord; has_many :mails, as: :mail_box; end":    contract.Unknown,
		"class A < ApplicationRecord; has_many :mails; end":                   contract.No,
		"class MailBox < ApplicationRecord; def x; has_many :mails; end; end": contract.No,
	} {
		c := tree(t, map[string]string{"app/models/all.rb": "class Mail < ApplicationRecord; self.ignored_columns += [:mail_box_id]; end\n" + association})
		if got := c.Column(contract.Name{Name: "mails"}, "mail_box_id", contract.AnyWay); got.Verdict != want {
			t.Errorf("%s: %s, want %s: %+v", association, got.Verdict, want, got.Reasons)
		}
	}
}

// TestRailsIgnoredBelow: with single-table inheritance only the base class
// decides, and an abstract class decides for those below.
func TestRailsIgnoredBelow(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{"app/models/all.rb": `
		class Mail < ApplicationRecord; end
		class Letter < Mail; self.ignored_columns += [:weight]; end
		class Base < ApplicationRecord; self.abstract_class = true; self.ignored_columns = [:weight]; end
		class Box < Base; end
		class Bag < Base; self.ignored_columns = [:other]; end
		class Cup < Base; self.ignored_columns += [:other]; end`})
	expect(t, c, map[string]contract.Verdict{"mails.weight": contract.Yes, "boxes.weight": contract.No, "bags.weight": contract.Yes,
		"cups.weight": contract.No, "cups.other": contract.No, "boxes.other": contract.Yes})
}

func TestRailsReadOnly(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]contract.Verdict{
		"def readonly?; true; end": contract.No,
		"def readonly? = true\nend\nclass Box < ApplicationRecord\nbelongs_to :mail, counter_cache: true": contract.Yes,
		"def readonly? = true":                                                  contract.No,
		"def readonly?; !new_record?; end":                                      contract.Yes,
		"def readonly?; return true if super; false; end":                       contract.Yes,
		"def readonly?; true; end\ndef x; Mail.update_all(a: 1); end":           contract.Yes,
		"def readonly?; true; end\ndef x; user.mails.insert_all; end":           contract.Yes,
		"def readonly?; true; end\ndef x; 'INSERT INTO mails VALUES (1)'; end":  contract.Yes,
		"def readonly?; true; end\ndef x; \"INSERT INTO #{t} VALUES (1)\"; end": contract.Unknown,
	} {
		c := tree(t, map[string]string{"app/models/mail.rb": "class Mail < ApplicationRecord\n" + source + "\nend"})
		if got := c.Writes(contract.Name{Name: "mails"}); got.Verdict != want {
			t.Errorf("%s: written: %s, want %s: %+v", source, got.Verdict, want, got.Reasons)
		}
		expect(t, c, map[string]contract.Verdict{"mails.subject": contract.Yes})
		for table, want := range map[string]contract.Verdict{"mails": contract.Yes, "others": contract.No} {
			if got := c.Introspects(contract.Name{Schema: "public", Name: table}); got.Verdict != want {
				t.Errorf("%s: looked for in the catalogs: %+v", table, got)
			}
		}
	}
}

// TestRailsUnknown: what cannot be understood is never taken for unused.
func TestRailsUnknown(t *testing.T) {
	t.Parallel()
	const mail = "class Mail < ApplicationRecord; self.ignored_columns += [:notes]; end\n"
	for name, files := range map[string]map[string]string{
		"computed table": {"app/models/x.rb": "class X < ApplicationRecord; self.table_name = compute; def y; :notes; end; end"},
		"unknown base":   {"app/models/mail2.rb": "module Two; class Mail < Gem::Base; has_many :x; end; end"},
		"conflict":       {"app/x.rb": "class X\n<<<<<<< HEAD\n=======\n>>>>>>> x\n where(notes: 1)\nend"},
		"no end":         {"app/models/m2.rb": "class M2 < ApplicationRecord\n self.table_name = 'mails'\n def x\n"},
		"binary":         {"app/x.rb": "class X\x00\x01"},
		"huge":           {"app/x.rb": strings.Repeat("# long\n", 700_000)},
		"deep":           {"app/x.rb": strings.Repeat("[", 5000)},
		"template":       {"app/views/x.html.erb": "<p>notes</p><% foo.bar.where(notes: 1).each do |x| %><%= x %><% end %>"},
		"template line":  {"app/views/x.html.erb": "<% # why %><% foo.bar.where(notes: 1) %>"},
		"haml":           {"app/views/x.html.haml": "%p= foo.where(notes: 1)"},
		"camel case":     {"server.js": "db.user.find({oldNotes: 1})", "app/models/mail3.rb": "class Mail; self.ignored_columns += [:old_notes]; end"},
		"javascript":     {"server.js": "pool.query('SELECT notes FROM mails')"},
		"sql in sql":     {"lib/x.sql": "DO $$ begin execute 'update mails set notes = 1'; end $$"},
	} {
		files["app/models/mail.rb"] = mail
		c := tree(t, files)
		column := "notes"
		if name == "camel case" {
			column = "old_notes"
		}
		if got := c.Column(contract.Name{Name: "mails"}, column, contract.AnyWay); got.Verdict == contract.No {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
