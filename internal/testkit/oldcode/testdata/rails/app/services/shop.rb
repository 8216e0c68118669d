# What the application does, in its n-th round.
module Shop
  ACTIONS = %i[sign_up change find_all nickname motto pay plans order tag count audit visit invoice slug].freeze

  class << self
    def sign_up(n)
      team = Team.find_or_create_by!(name: "red")
      account = Account.create!(email: "user-#{n}@example.com", name: nil, score: n, bio: "bio", team: team)
      raise "level #{account.reload.level}" unless account.level == 1
    end

    def change(n)
      Account.transaction do
        account = Account.lock.find_by!(email: "user-#{n}@example.com")
        account.update!(name: "user #{n}", score: account.score + 1)
      end
      Account.where(email: "user-#{n}@example.com").update_all(name: nil)
      Account.where(email: "user-#{n}@example.com").update_all(name: "user #{n}")
    end

    def find_all(n)
      raise "not there" if Account.joins(:team).where(teams: { name: "red" }).order(:email).to_a.empty?
    end

    def nickname(n)
      Account.connection.select_value("SELECT nickname FROM accounts WHERE email LIKE 'user-%' LIMIT 1")
    end

    def motto(n)
      Team.connection.execute("UPDATE teams SET motto = 'onwards' WHERE name = 'red'")
    end

    def pay(n)
      CardPayment.create!(amount: 10 * n, card: "4242")
      raise "no payment" unless Payment.last.is_a?(CardPayment)
    end

    def plans(n)
      raise "no plan" unless Plan.find_by(code: "basic").price == 10
    end

    def order(n)
      account = Account.find_by!(email: "user-#{n}@example.com")
      Order.transaction do
        order = Order.create!(account: account, total: 12.5, remark: "soon")
        Order.find(order.id).update!(state: "paid")
      end
      raise "not paid" unless account.orders.pluck(:state) == ["paid"]
    end

    def tag(n)
      account = Account.find_by!(email: "user-#{n}@example.com")
      account.tags << Tag.find_or_create_by!(label: "new")
      raise "no tag" unless account.reload.tags.map(&:label) == ["new"]
    end

    def count(n)
      Counter.upsert_all([{ name: "hits", n: n }], unique_by: :name)
    end

    def audit(n)
      Account.connection.execute("INSERT INTO audits (what) VALUES ('round')")
      Account.connection.execute("DELETE FROM audits WHERE what = 'round'")
    end

    def visit(n)
      Visit.create!(page: "/")
      raise "no visit" unless RecentVisit.last.page == "/"
    end

    def invoice(n)
      Account.connection.select_value("SELECT nextval('invoice_numbers')")
    end

    def slug(n)
      Account.connection.select_value("SELECT slug('A b')")
    end
  end
end
