# What the application does, in its n-th round.
module Shop
  ACTIONS = %i[create read update save put bulk transaction lock count group join load describe delete].freeze

  class << self
    def email(n) = "user-#{n}@example.com"

    def one(n) = Account.find_by!(email: email(n))

    def create(n)
      account = Account.create!(email: email(n), name: nil, team: Team.find_or_create_by!(name: "red"))
      raise "no id, or score #{account.reload.score}" unless account.id && account.score == 0
      Order.create!(account: account, total: n)
    end

    def read(n)
      raise "wrong row" unless Account.find(one(n).id).email == email(n)
    end

    def update(n)
      Account.where(email: email(n)).update_all(score: n)
      raise "not changed" unless one(n).score == n
    end

    def save(n)
      account = one(n)
      account.score += 1
      account.name = "user #{n}"
      account.save!
      raise "not saved" unless one(n).score == n + 1
    end

    def put(n)
      Account.upsert_all([{ id: one(n).id, email: email(n), score: 5 }], unique_by: :id)
      raise "not put" unless one(n).score == 5
    end

    def bulk(n)
      Account.insert_all([{ email: "a-#{n}", score: 1 }, { email: "b-#{n}", score: 2 }])
      raise "not there" unless Account.where(email: ["a-#{n}", "b-#{n}"]).delete_all == 2
    end

    def transaction(n)
      Account.transaction do
        one(n).update!(score: 7)
        raise ActiveRecord::Rollback
      end
      raise "not rolled back" if one(n).score == 7
    end

    def lock(n)
      Account.transaction { Account.lock.find_by!(email: email(n)).update!(score: 8) }
    end

    def count(n)
      raise "none" if Account.where(score: 8).count.zero?
    end

    def group(n)
      raise "none" if Account.joins(:orders).group(:id).select("accounts.*, count(orders.id) AS placed").to_a.empty?
    end

    def join(n)
      raise "none" if Account.joins(:team, :orders).where(teams: { name: "red" }).to_a.empty?
    end

    def load(n)
      raise "none" unless Team.includes(:accounts).find_by!(name: "red").accounts.to_a.any? && one(n).orders.first.total == n
    end

    def describe(n)
      raise "no table" unless Account.connection.data_source_exists?("accounts") && Account.column_names.include?("score")
    end

    def delete(n)
      Order.where(account: one(n)).delete_all
      one(n).destroy!
      raise "still there" if Account.exists?(email: email(n))
    end
  end
end
