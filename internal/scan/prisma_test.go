package scan_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

const prismaPackage = `{"dependencies":{"@prisma/client":"6"},"devDependencies":{"prisma":"6"}}`

func TestPrisma(t *testing.T) {
	t.Parallel()
	const schema = `
// model Commented { id Int @id }
generator client { provider = "prisma-client-js" }
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL") // here
  schemas  = ["public", "billing"]
}

/// A person.
model User {
  id        Int      @id @default(autoincrement())
  email     String   @unique @db.VarChar(255)
  firstName String?  @map("first_name") /// { "x" }
  secret    String   @ignore
  role      Role     @default(USER)
  tags      String[]
  home      Unsupported("point")?
  posts     Post[]   @relation("writer")
  likes     Post[]   @relation("likes")
  groups    Group[]
  friends   User[]   @relation("Friends")
  friendOf  User[]   @relation("Friends")
  made      DateTime @default(dbgenerated("now()")) @map(name: "made_at")
  settings  Settings

  @@index([
    email, // a comment
    role
  ], map: "by_email")
  @@map("users")
}

model Post {
  id       Int   @id
  writerId Int
  writer   User  @relation("writer", fields: [writerId], references: [id])
  likedBy  User[] @relation(name: "likes")
}
model Group { id Int @id
  users User[] }
model Bill {
  id Int @id
  @@schema("billing")
}
model Old { id Int @id

  @@ignore }
view Report {
  total Int
}
type Settings {
  dark Boolean
}
enum Role {
  USER
  ADMIN @map("admin")
  @@map("roles")
}
`
	c := tree(t, map[string]string{"package.json": prismaPackage, "prisma/schema.prisma": schema, "src/a.ts": "const users = await prisma.user.findMany({ where: { email } })",
		"prisma/migrations/1_x/migration.sql": "CREATE TABLE users (old text)"})
	want := "Group Group; Post Post; Report Report; _Friends relation_User.friendOf relation_User.friends; _GroupToUser relation_Group.users relation_User.groups; _likes relation_Post.likedBy relation_User.likes; users User; billing.Bill Bill"
	if got := tables(c); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	expect(t, c, map[string]contract.Verdict{
		"users.id": "yes", "users.email": "yes", "users.first_name": "yes", "users.firstName": "no", "users.secret": "no", "users.role": "yes", "users.tags": "yes", "users.home": "yes",
		"users.made_at": "yes", "users.posts": "no", "users.likes": "no", "users.groups": "no", "users.settings": "yes", "users.old": "no", "users.old w": "no", "users.email w": "yes",
		"Post.writerId": "yes", "Post.writer": "no", "_GroupToUser.A": "yes", "_GroupToUser.B": "yes", "Bill.id": "yes", "Old": "unknown", "roles": "unknown", "Role": "unknown",
	})
	for name, tt := range map[string]struct{ from, to string }{
		"unknown line":  {"  tags      String[]", "  tags: String"},
		"no end":        {"  @@map(\"roles\")\n}", ""},
		"computed name": {`@map("first_name")`, `@map(first)`},
		"odd block":     {"type Settings", "widget Settings"},
	} {
		c := tree(t, map[string]string{"package.json": prismaPackage, "prisma/schema.prisma": strings.Replace(schema, tt.from, tt.to, 1)})
		if a := c.Column(contract.Name{Name: "users"}, "old", contract.AnyWay); a.Verdict != contract.Unknown {
			t.Errorf("%s: %+v", name, a)
		}
	}
	// Without a schema the client's is elsewhere.
	expect(t, tree(t, map[string]string{"package.json": prismaPackage, "app/models.py": aModel, "a.js": "1"}), map[string]contract.Verdict{"app_user.old": "unknown"})
	// Of several files.
	expect(t, tree(t, map[string]string{"package.json": prismaPackage, "prisma/schema/a.prisma": "model A {\n id Int @id\n b B @relation(fields: [id], references: [id])\n}\n", "prisma/schema/b.prisma": "model B {\n  id Int @id\n a A?\n}\n", "a.js": "1"}),
		map[string]contract.Verdict{"A.id": "yes", "A.b": "no", "B.a": "no", "B.old": "no"})
}
